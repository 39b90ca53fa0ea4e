"""Where signed-in people may send."""

import smtplib

import pytest
from labs import Lab, in_network_of

INSIDE = (
    "root@access1.thanhhoa.gov.vn",
    "postmaster@store1.thanhhoa.gov.vn",
    "ai-do@khong-co.thanhhoa.gov.vn",
    "ai-do@a.b.thanhhoa.gov.vn",
    "ROOT@Access1.ThanhHoa.gov.vn",
    "root@access1.thanhhoa.gov.vn.",
    "x@[10.88.0.31]",
    "x@[127.0.0.1]",
    "x@[IPv6:::1]",
    "x@10.88.0.31",
    "access1.thanhhoa.gov.vn!root",
    "root%access1.thanhhoa.gov.vn@[10.88.0.21]",
    "root%access1.thanhhoa.gov.vn@thanhhoa.gov.vn",
)


@pytest.mark.parametrize("port", [465, 587])
def test_signed_in_people_write_to_no_host_of_ours(centre: Lab, port: int) -> None:
    """They send to people and units and to the world; mail for a host would wait for days."""
    domain, person, name = "thanhhoa.gov.vn", "le-van-bay", "baylv"
    with in_network_of(centre) as (known, context):
        access = known.host("access1").address
        with (
            smtplib.SMTP(access, port)
            if port == 587
            else smtplib.SMTP_SSL(access, port, context=context) as smtp
        ):
            if port == 587:
                smtp.starttls(context=context)
            smtp.login(f"{name}@{domain}", centre.passwords[person])
            smtp.mail(f"{name}@{domain}")
            codes = {to: smtp.rcpt(to)[0] for to in INSIDE}
            assert {to: code for to, code in codes.items() if not 500 <= code < 600} == {}
            for to in (f"postmaster@{domain}", f"{name}@{domain}", "cong-dan@example.org"):
                assert smtp.rcpt(to)[0] == 250, to
