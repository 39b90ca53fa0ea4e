"""Where signed-in people may send, and where their vacation notices go."""

import json
import shlex
import smtplib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from labs import Lab, in_network_of, queues_are_empty
from sending import LIMITS, floods_once_released, reach_a_limit, sends
from test_client_sign_in import PC, client, signs_in
from test_own_password import as_before
from test_passwords_issued import BASIS

from hopthu.daemons import rspamd, valkey

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


PROGRAM = Path(__file__).with_name("notices.py").read_text(encoding="utf-8")
OWNER, COLLEAGUE, THIRD = "le-van-binh", "nguyen-van-an", "le-van-bay"
OWN, HIS, OTHER = (f"{name}@thanhhoa.gov.vn" for name in ("binhlv", "annv", "baylv"))
CITIZEN, LIST = "cong-dan@example.org", "canbo_stc@thanhhoa.gov.vn"
LOCKED = "probe_locked_store1@thanhhoa.gov.vn"
FREE = 'require ["variables", "vacation", "mime", "foreverypart", "extracttext", "body"];'
ANY_HANDLE = f'{FREE} if header :matches "Message-ID" "*" {{ vacation :handle "${{1}}" "Vắng"; }}'
AS_A_COLLEAGUE = f'require "vacation"; vacation :from "{OTHER}" "Vắng";'
AS_OUTSIDE = f'require "vacation"; vacation :from "{CITIZEN}" "Vắng";'
OF_THE_LIST = f'require "vacation"; vacation :from "{OWN}" :addresses "{LIST}" "Vắng";'
TWO_FROM = f'require "vacation"; vacation :mime "From: {OTHER}\r\n\r\nVắng";'
HIDDEN = f'require "vacation"; vacation :mime "Bcc: {CITIZEN}\r\nTo: {CITIZEN}\r\n\r\nVắng";'
FORWARDS = (
    f'{FREE} foreverypart {{ extracttext "t"; }} '
    f'vacation :from "{OWN}" :addresses "{CITIZEN}" :subject "${{t}}" "${{t}}";'
)


@pytest.fixture
def stores(centre: Lab) -> Iterator[Lab]:
    """Forget what was answered, and what the store has logged of it."""
    yield centre
    forget = "journalctl --quiet --rotate && journalctl --quiet --vacuum-time=1s"
    valkeys = f"valkey-cli -s {valkey.SOCKET}"
    keys = f"{valkeys} --scan --pattern 'hopthu:vacation:*' | xargs -r {valkeys} del"
    centre.ssh("access1", f"{keys} && {forget}")
    people = " ".join((OWNER, COLLEAGUE, THIRD))
    centre.ssh(
        "store1",
        f"for one in {people}; do doveadm expunge -u $one mailbox '*' all; done; "
        f"rm -f /var/vmail/people/*/.dovecot.lda-dupes && {forget}",
    )


def on_store(lab: Lab, scene: str) -> Any:
    """Run lines behind the program of notices on a store; return what they leave in `told`."""
    program = f"{PROGRAM}\nimport json\n{scene}\nprint(json.dumps(told))\n"
    return json.loads(lab.ssh("store1", f"python3 -c {shlex.quote(program)}"))


def notices(lab: Lab, person: str) -> int:
    """Return how many notices somebody has got, once nothing is under way."""
    queues_are_empty(lab)
    search = f"doveadm search -u {person} mailbox '*' header Auto-Submitted auto-replied"
    return len(lab.ssh("store1", search).splitlines())


def test_a_colleague_is_answered_once_and_nobody_outside_ever(stores: Lab) -> None:
    """Whatever headers say, whatever the filter calls its notice, and if a letter comes again."""
    told = on_store(
        stores,
        f"""
own, his, other, citizen = {(OWN, HIS, OTHER, CITIZEN)!r}
with notice({OWNER!r}, {ANY_HANDLE!r}):
    told = [
        deliver(his, own, key="1"), deliver(his, own, key="1"), deliver(his, own),
        deliver(citizen, own),
        deliver(citizen, own, f"From: {{other}}", f"Reply-To: {{other}}", f"Sender: {{other}}"),
        deliver(citizen, own, "X-Auto-Response-Suppress: OOF"),
        deliver("", own, f"From: {{other}}"), deliver(own, own),
        deliver(other, own, "Auto-Submitted: auto-generated"),
        deliver(other, own, "Precedence: list"), deliver(other, own, "List-Id: <a.b>"),
        deliver(other, his, f"To: {{own}}"), deliver(other, own, f"To: {{his}}"),
    ]
""",
    )
    assert {"250"} == {each.partition(" ")[0] for each in told}
    outcomes = [
        "sent vacation response to <annv", "discarded duplicate", "had a notice lately",
        "Notices are for colleagues alone", "Notices are for colleagues alone",
        "discarding vacation", "discarded vacation reply to <>", "discarded vacation reply to own",
        "auto-submitted", "precedence=list", "to mailinglist", "nothing", "implicitly delivered",
    ]  # fmt: skip
    for outcome, each in zip(outcomes, told, strict=True):
        assert outcome in each
    assert (1, 0) == (notices(stores, COLLEAGUE), notices(stores, THIRD))


def test_a_notice_names_its_sender_and_carries_nothing_on(stores: Lab) -> None:
    """It is not from a colleague, not of a list, and goes to whoever wrote and nobody else."""
    cases = [
        (HIS, AS_A_COLLEAGUE), (HIS, AS_OUTSIDE), (HIS, TWO_FROM),
        (HIS, FORWARDS, f"To: {CITIZEN}"),
        (OTHER, OF_THE_LIST, f"To: {LIST}", "X-Auto-Response-Suppress: OOF"), (OTHER, HIDDEN),
    ]  # fmt: skip
    told = on_store(
        stores,
        f"""
told = []
for sender, script, *headers in {cases!r}:
    with notice({OWNER!r}, script):
        told.append(deliver(sender, {OWN!r}, *headers))
""",
    )
    refused, sent = "The From header must name the sender", "sent vacation response"
    for outcome, each in zip([*[refused] * 3, sent, "discarding", sent], told, strict=True):
        assert outcome in each
    assert (1, 1) == (notices(stores, COLLEAGUE), notices(stores, THIRD))
    logged = "journalctl --unit=postfix --output=cat --grep 'to=<[^>]*@example.org>'"
    assert "" == stores.ssh("access1", f"{logged} || true")


def test_two_on_holiday_do_not_answer_each_other(stores: Lab) -> None:
    """One notice for a letter, and none for that notice."""
    told = on_store(
        stores,
        f"""
with notice({OWNER!r}, {ANY_HANDLE!r}), notice({COLLEAGUE!r}, {ANY_HANDLE!r}):
    told = [deliver({HIS!r}, {OWN!r})]
""",
    )
    assert "sent vacation response" in told[0]
    assert (1, 0) == (notices(stores, COLLEAGUE), notices(stores, OWNER))


AWAY = {
    "closed": (
        "cp /etc/postfix/master.cf /run/; postconf -MX 10465/inet; postfix reload",
        "cp /run/master.cf /etc/postfix/; postfix reload",
    ),
    "frozen": [f"systemctl kill --signal={signal} rspamd" for signal in ("STOP", "CONT")],
    "uncounted": ("systemctl stop valkey-server", "systemctl start valkey-server"),
}


@pytest.mark.parametrize("how", AWAY)
def test_letters_arrive_while_nobody_takes_notices(stores: Lab, how: str) -> None:
    """It costs the notice, and never the letter; the next one is answered."""
    away, back = AWAY[how]
    scene = f"""
with notice({OWNER!r}, {ANY_HANDLE!r}):
    told = deliver({HIS!r}, {OWN!r})
"""
    stores.ssh("access1", away)
    try:
        told = on_store(stores, scene)
    finally:
        stores.ssh("access1", back)
    assert told.startswith("250 ")
    assert "(temporary error)" in told
    assert "1" == stores.ssh("store1", f"doveadm search -u {OWNER} all | wc -l").strip()
    assert "sent vacation response" in on_store(stores, scene)


def test_only_stores_hand_in_notices_and_only_to_colleagues(stores: Lab) -> None:
    """For people who may write at the moment, to mailboxes that there are, one at a time."""
    told = on_store(
        stores,
        f"""
import smtplib, ssl

def tried(sender, *recipients, certificate="host"):
    context = ssl.create_default_context(cafile=f"{{TLS}}/ca.pem")
    if certificate:
        context.load_cert_chain(f"{{TLS}}/{{certificate}}.pem", f"{{TLS}}/{{certificate}}.key")
    try:
        with smtplib.SMTP_SSL("10.88.0.21", 10465, context=context, timeout=30) as smtp:
            smtp.ehlo()
            return [smtp.mail(sender)[0], *(smtp.rcpt(each)[0] for each in recipients)]
    except smtplib.SMTPConnectError as error:
        return [error.smtp_code]

own, his, citizen = {(OWN, HIS, CITIZEN)!r}
told = [
    tried(own, his), tried(own, his, his), tried(own, his, certificate=""),
    *(tried(own, each) for each in {(*INSIDE, CITIZEN, LIST, "root@thanhhoa.gov.vn")!r}),
    *(tried(each, his) for each in ("", citizen, "root@thanhhoa.gov.vn", {LOCKED!r})),
]
""",
    )
    codes = [[code // 100 for code in each] for each in told]
    assert [[2, 2], [2, 2, 4], [4]] == codes[:3]
    assert [[2, 5]] * (len(codes) - 3) == codes[3:]


FLOODS, FLOODING = "le-van-bay", OTHER
RESTARTS = f"""
valkey-cli -s {valkey.SOCKET} flushall
systemctl kill --signal=KILL rspamd valkey-server
systemctl reset-failed rspamd valkey-server
systemctl restart valkey-server rspamd
until (echo >/dev/tcp/127.0.0.1/11332) 2>/dev/null; do sleep 0.1; done
"""


@pytest.fixture
def released(centre: Lab) -> Iterator[Lab]:
    """Forget the letters of a flood, and have everybody send again as before."""
    as_before(centre, FLOODS)
    yield centre
    centre.ssh(
        "access1", f"rm -f /var/lib/rspamd/*.{FLOODS}; valkey-cli -s {valkey.SOCKET} flushall"
    )
    as_before(centre, FLOODS)
    for one in (FLOODS, COLLEAGUE, "van-phong-ubnd-tinh"):
        centre.ssh("store1", f"doveadm expunge -u {one} mailbox '*' all")
    for host in ("access1", "store1"):
        centre.ssh(host, "journalctl --quiet --rotate && journalctl --quiet --vacuum-time=1s")


def test_a_flood_is_stopped_and_a_document_releases(released: Lab, tmp_path: Path) -> None:
    """Within a minute, whatever restarts; its owner and the operator hear of it.

    The release leaves neither a password of a mail program nor a session that was open.
    """
    program = client(released, PC, tmp_path / "client")

    def sent(to: str, times: int = 1) -> list[int]:
        return sends(released, "access1", FLOODS, FLOODING, to, times)

    reach_a_limit(released, "access1", FLOODS)
    began = time.monotonic()
    refused = sent(CITIZEN, LIMITS.refused_letters)
    assert [554] == sent(HIS)
    assert time.monotonic() - began < 60
    assert [451] * LIMITS.refused_letters == refused
    for one, to in ((FLOODS, "baylv"), ("van-phong-ubnd-tinh", "postmaster")):
        search = f"doveadm search -u {one} mailbox INBOX header From postmaster@ header To {to}@"
        told = f"until {search} | grep -q .; do sleep 0.2; done"
        released.ssh("store1", f"timeout 60 sh -c {shlex.quote(told)}")
        queues_are_empty(released)
        assert 1 == len(released.ssh("store1", search).splitlines()), one
    released.ssh("access1", RESTARTS)
    assert [554] == sent(HIS)
    slips = ("--basis", BASIS, "--slips", str(tmp_path / "slips"))
    reach_a_limit(released, "access1", FLOODS)
    # Later, when it is Postfix alone that refuses.
    released.ssh("access1", f"touch -d '2 minutes ago' {rspamd.STOPPED}/told.{FLOODS}")
    with floods_once_released(released, "access1", FLOODS, FLOODING, CITIZEN) as answered:
        released.hopthu("credential", "reset", FLOODS, *slips, "lab")
    assert [] == answered
    assert not any(signs_in(released, "client", program).values())
    history = released.hopthu("history", "--inventory", "lab", FLOODS).stdout
    assert f"a client password was revoked: {PC} [credential {FLOODS}]" in history
    as_before(released, FLOODS)
    assert [250, 250] == sent(HIS) + sent(CITIZEN)
