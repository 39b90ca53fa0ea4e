"""Who can do what with a unit's mailbox: each role, in each way that there is, in both layouts."""

import imaplib
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from labs import Lab, copied, git, in_network_of
from test_unit_mailboxes import DOMAIN, LETTER, asked, folder, listed

from hopthu.daemons.dovecot import SHARED
from hopthu.daemons.postfix import TABLES

TODAY, LATER = "2026-11-25", "2026-11-27"
BY_PROVINCE = (
    "--decision-number", "9401/QĐ-UBND", "--decision-issuer", "ubnd-tinh",
    "--decision-date", "2026-11-20", "--request-date", "2026-11-23",
)  # fmt: skip
EDITS = (
    ("unit", "head", "so-noi-vu", "dang-thi-my-duyen", "--acting", *BY_PROVINCE,
     "--request-number", "9401/SNV-VP", "--request-issuer", "so-noi-vu"),
    ("unit", "delegate", "so-cong-thuong", "nguyen-thi-hai-yen", "--until", "2026-11-26",
     "--decision-number", "941/GUQ-SCT", "--decision-issuer", "so-cong-thuong",
     "--decision-date", "2026-11-24"),
    ("unit", "delegate", "so-xay-dung", "nguyen-tien-dung", "--until", "2027-11-24",
     "--decision-number", "942/GUQ-SXD", "--decision-issuer", "so-xay-dung",
     "--decision-date", "2026-11-24"),
    ("person", "transfer", "nguyen-van-an", "--unit", "so-noi-vu", "--title", "Chuyên viên",
     *BY_PROVINCE, "--request-number", "9402/STC-VP", "--request-issuer", "so-tai-chinh"),
)  # fmt: skip
FINANCE = ("Sở Tài chính", "stc")
ROLES = {
    "head": ("le-van-binh", "binhlv", FINANCE, True),
    "acting head": ("dang-thi-my-duyen", "duyendtm", ("Sở Nội vụ", "snv"), True),
    "head for whom another acts": ("pham-duc-toan", "toanpd", ("Sở Nội vụ", "snv"), False),
    "delegate": ("le-thi-hong-nhung", "nhunglth", ("Sở Tư pháp", "stp"), True),
    "expired": ("nguyen-thi-hai-yen", "yennth", ("Sở Công Thương", "sct"), False),
    "transferred": ("nguyen-van-an", "annv", FINANCE, False),
    "member": ("nguyen-van-an-2", "annv2", FINANCE, False),
    "stranger": ("le-van-bay", "baylv", FINANCE, False),
}
LOCKED = ("nguyen-tien-dung", "dungnt")
WAYS = ("list", "read", "write", "send as", "share")


@pytest.fixture(scope="module", params=["single", "centre"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab of each layout on the day after a delegation has ended."""
    lab: Lab = request.getfixturevalue(request.param)
    root = copied(tmp_path_factory.mktemp(request.param) / "checkout")
    for edit in EDITS:
        lab.hopthu(*edit, "--from", TODAY, "--on", TODAY, "--yes", root=root)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Change who has units' mailboxes")
    for day in (TODAY, LATER):
        lab.hopthu("apply", "lab", "--yes", "--on", day, root=root)
    yield lab
    lab.restore()


def access_host(lab: Lab) -> str:
    """The address at which people sign in."""
    return lab.state.host("mail1" if "mail1" in lab.hosts else "access1").address


def signed_in(
    host: str, context: ssl.SSLContext, login: str, password: str
) -> tuple[imaplib.IMAP4, smtplib.SMTP]:
    """Sign in to read and to send."""
    imap = imaplib.IMAP4_SSL(host, 993, ssl_context=context, timeout=60)
    imap.login(f"{login}@{DOMAIN}", password)
    smtp = smtplib.SMTP_SSL(host, 465, context=context)
    smtp.login(f"{login}@{DOMAIN}", password)
    return imap, smtp


def tried(imap: imaplib.IMAP4, smtp: smtplib.SMTP, name: str, address: str) -> dict[str, bool]:
    """Whether each way to a unit's mailbox is open."""
    letter = LETTER % 5
    smtp.mail(f"{address}@{DOMAIN}")
    return {
        "list": f"{SHARED}/{name}" in listed(imap),
        "read": "OK" == imap.select(folder(name))[0],
        "write": "OK" == imap.append(folder(name, "Drafts"), "", "", letter)[0],
        "send as": 250 == smtp.rcpt(f"baylv@{DOMAIN}")[0],
        "share": "OK" == asked(imap, f"SETACL {folder(name)} le-van-bay lr"),
    }


def test_every_role_has_what_it_should(lab: Lab) -> None:
    """Head, acting head and delegate read, write and send; nobody shares, and others do nothing."""
    host, found = access_host(lab), {}
    with in_network_of(lab) as (_, context):
        for role, (person, login, (name, address), _) in ROLES.items():
            imap, smtp = signed_in(host, context, login, lab.passwords[person])
            with closing(imap.socket()), smtp:
                found[role] = tried(imap, smtp, name, address)
                of_others = [each for each in listed(imap) if name not in each]
                assert [] == of_others
    assert {
        role: {way: allowed and way != "share" for way in WAYS}
        for role, (*_, allowed) in ROLES.items()
    } == found


def test_who_is_locked_cannot_come_in(lab: Lab) -> None:
    """Delegate or not, neither to read nor to send."""
    person, login = LOCKED
    with in_network_of(lab) as (_, context):
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            signed_in(access_host(lab), context, login, lab.passwords[person])
        with (
            smtplib.SMTP_SSL(access_host(lab), 465, context=context) as smtp,
            pytest.raises(smtplib.SMTPAuthenticationError),
        ):
            smtp.login(f"{login}@{DOMAIN}", lab.passwords[person])


def test_what_is_sent_as_the_unit_is_kept_once(lab: Lab) -> None:
    """By whichever of its addresses, to itself too; nobody files another copy, or writes there."""
    name, sent = FINANCE[0], folder(FINANCE[0], "Sent")
    addresses = [f"{local}@{DOMAIN}" for local in ("stc", "sotaichinh")]
    reader = f"baylv@{DOMAIN}"
    with in_network_of(lab) as (known, context):
        person, login, *_ = ROLES["head"]
        imap, smtp = signed_in(access_host(lab), context, login, lab.passwords[person])
        with closing(imap.socket()), smtp:
            for number, sender in enumerate(addresses):
                text = f"From: {sender}\r\nSubject: thu {number}\r\n\r\nThu.\r\n"
                smtp.sendmail(sender, [reader, addresses[0]], text)
            smtp.sendmail(f"{login}@{DOMAIN}", [reader], f"From: {login}@{DOMAIN}\r\n\r\nThu.\r\n")
            subjects = arrived(imap, sent, len(addresses))
            assert {"thu 0": 1, "thu 1": 1} == subjects
            assert {"thu 0": 1, "thu 1": 1} == arrived(imap, folder(name), len(addresses))
            assert "NO" == imap.append(sent, "", "", LETTER % 6)[0]
            assert "NO" == imap.copy("1", sent)[0]
            assert "NO" == imap.rename(sent, folder(name, "Cu"))[0]
            assert "NO" == imap.delete(sent)[0]
            smtp.mail(f"{login}@{DOMAIN}")
            assert 550 == smtp.rcpt(f"stc+Sent@{DOMAIN}")[0]
        edge = known.host("mail1" if "mail1" in lab.hosts else "edge1").address
        with smtplib.SMTP(edge) as outside:
            outside.ehlo("mx.example.org")
            outside.mail("cong-dan@example.org")
            assert 550 == outside.rcpt(f"stc+Sent@{DOMAIN}")[0]


def test_a_copy_that_comes_to_the_wrong_store_is_kept_too(centre: Lab) -> None:
    """As while a mailbox moves, and tables are older than the directory: it is passed on."""
    person, login, *_ = ROLES["head"]
    kept, sender = f"stc+Sent@{DOMAIN}", f"stc@{DOMAIN}"
    with in_network_of(centre) as (known, context):
        row = f"{kept} lmtp:inet:[{known.host('store2').address}]:24"
        centre.ssh("access1", f"echo '{row}' | postmap -r -i lmdb:{TABLES}/transport")
        imap, smtp = signed_in(access_host(centre), context, login, centre.passwords[person])
        with closing(imap.socket()), smtp:
            text = f"From: {sender}\r\nSubject: thu khac\r\n\r\nThu.\r\n"
            smtp.sendmail(sender, [f"baylv@{DOMAIN}"], text)
            said = "journalctl -b -u postfix -o cat -g 'to=<stc[+]Sent.*relay={}'"
            for _ in range(200):
                if "thu khac" in arrived(imap, folder(FINANCE[0], "Sent"), 1):
                    break
                time.sleep(0.1)
            store = known.host("store2").address
            assert "status=sent" in centre.ssh("access1", said.format(store))
            assert 1 == arrived(imap, folder(FINANCE[0], "Sent"), 1)["thu khac"]


def arrived(imap: imaplib.IMAP4, name: str, number: int) -> dict[str, int]:
    """How often each subject is in a folder, once there are so many letters."""
    for _ in range(200):
        code, (count,) = imap.select(name)
        assert "OK" == code
        asks = "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
        found = imap.fetch("1:*", asks)[1] if count != b"0" else []
        subjects = [each[1].decode().strip()[9:] for each in found if isinstance(each, tuple)]
        subjects = [each for each in subjects if each.startswith("thu ")]
        if len(subjects) >= number:
            break
        time.sleep(0.1)
    return {each: subjects.count(each) for each in subjects}
