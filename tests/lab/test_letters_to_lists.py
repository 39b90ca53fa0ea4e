"""Lists with real mail: who may write to them, and that each person gets one copy (Art. 7.1)."""

import itertools
import json
import re
import shlex
import smtplib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from labs import Lab, copied, decide, git, in_network_of, papers

from hopthu.cli.clock import today
from hopthu.model.address_naming import id_stem, stem

DOMAIN = "thanhhoa.gov.vn"
HOST = "mail1"
TODAY = today()
TOMORROW = TODAY + timedelta(days=1)
LISTS = """
lists:
  canbo: {name: Cán bộ, who: members, units: [so-tai-chinh, so-noi-vu]}
  donvi: {name: Đơn vị, who: units, units: [so-tai-chinh], top: ubnd-tinh}
  toanthe: {name: Toàn thể, who: all, units: [so-tai-chinh], top: ubnd-tinh}
"""
UNIT, HEAD, MEMBER, MOVES = "stc", "le-van-binh", "nguyen-van-an", "nguyen-van-an-2"
NAMES = tuple(
    itertools.product(
        ("Lê", "Vũ", "Bùi", "Đỗ", "Hồ", "Ngô", "Lý", "Phan", "Mai", "Hà", "Cao"),
        ("Văn", "Thị", "Đức"),
        ("An", "Bình", "Chi", "Dũng", "Giang", "Hải", "Lan", "Minh", "Nga", "Phúc"),
    )
)


@pytest.fixture(scope="module")
def lab(single: Lab, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, Path]:
    """Lists are declared, the department has 330 more people, and one goes tomorrow."""
    root = copied(tmp_path_factory.mktemp("lists") / "checkout")
    staff(root, len(NAMES))
    single.hopthu("format", root=root)
    transfer(single, root)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Lists")
    single.hopthu("apply", "lab", "--yes", root=root)
    return single, root


def staff(root: Path, number: int) -> None:
    """Declare the lists, and have so many more people in the department."""
    policy = root / "data" / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8") + LISTS, encoding="utf-8")
    decide(root, "lists", 9001, TODAY)
    basis = papers(root, "so-tai-chinh", "STC", 9002, TODAY)
    with (root / "data" / "people.yaml").open("a", encoding="utf-8") as people:
        for name, key in named(number):
            people.write(
                f"- id: {id_stem(name)}-{key}\n  name: {name}\n  category: civil_servant\n"
                f"  mailbox: {{address: {stem(name)}{key}}}\n  posts:\n"
                f"    - {{unit: so-tai-chinh, title: Chuyên viên, from: {TODAY}, {basis}}}\n"
            )


def named(number: int) -> Iterator[tuple[str, int]]:
    """Yield the names of so many people, and what tells namesakes apart."""
    for key, parts in zip(range(9001, 9001 + number), itertools.cycle(NAMES), strict=False):
        yield " ".join(parts), key


def transfer(lab: Lab, root: Path) -> None:
    """Have somebody go to another unit tomorrow."""
    lab.hopthu(
        "person", "transfer", MOVES, "--unit", "so-noi-vu", "--title", "Chuyên viên",
        "--from", str(TOMORROW), "--yes",
        "--decision-number", "9003/QĐ-UBND", "--decision-issuer", "ubnd-tinh",
        "--decision-date", str(TODAY), "--request-number", "9003/VP",
        "--request-issuer", "so-tai-chinh", "--request-date", str(TODAY), root=root,
    )  # fmt: skip


@contextmanager
def signed_in(lab: Lab, person: str, address: str) -> Iterator[smtplib.SMTP]:
    """Open a session as the mail program of a person."""
    with (
        in_network_of(lab) as (known, context),
        smtplib.SMTP(known.host(HOST).address, 587) as smtp,
    ):
        smtp.starttls(context=context)
        smtp.login(f"{address}@{DOMAIN}", lab.passwords[person])
        yield smtp


def send(smtp: smtplib.SMTP, sender: str, to: list[str], token: str) -> int:
    """Send a letter; return the code of the first refusal, or of the answer to the whole.

    It has the same Message-ID whenever it is sent.
    """
    head = f"From: {sender}\r\nTo: {to[0]}\r\nMessage-ID: <{token}@{DOMAIN}>\r\n"
    message = f"{head}Subject: {token}\r\n\r\nx\r\n"
    try:
        smtp.rset()
        smtp.mail(sender)
        for each in to:
            code, _ = smtp.rcpt(each)
            if code != 250:
                return code
        return smtp.data(message)[0]
    except smtplib.SMTPResponseException as error:
        return error.smtp_code


def copies(lab: Lab, token: str) -> Counter[str]:
    """Return how many copies of a letter lie in whose mailbox, once nothing is under way."""
    lab.ssh(HOST, "timeout 300 sh -c 'until [ -z \"$(postqueue -j)\" ]; do sleep 0.2; done'")
    # By names from the disk: listing users can end Dovecot's authentication process.
    names = "ls /var/vmail/people /var/vmail/units | grep -v : | grep . >/run/names"
    search = f"doveadm search -F /run/names mailbox '*' header Subject {token}"
    found = lab.ssh(HOST, f"{names}; {search}")
    return Counter(line.split()[0] for line in found.splitlines())


def shown(lab: tuple[Lab, Path], address: str, on: str) -> set[str]:
    """Return whom `show` has on a list."""
    single, root = lab
    told = json.loads(
        single.hopthu("show", address, "--format", "json", "--on", on, root=root).stdout
    )
    return {each["mailbox"] for each in told["members"]}


def test_everybody_on_two_lists_gets_one_copy(lab: tuple[Lab, Path]) -> None:
    """More than 600: of a letter to two lists with people on both, and to one of them besides."""
    single, _ = lab
    unit = f"{UNIT}@{DOMAIN}"
    with signed_in(single, HEAD, "binhlv") as smtp:
        to = [f"{key}_{UNIT}@{DOMAIN}" for key in ("toanthe", "donvi", "canbo")]
        assert 250 == send(smtp, unit, [*to, f"annv@{DOMAIN}"], "tatca1")
    expected = set.union(*(shown(lab, each, str(TODAY)) for each in to))
    assert len(expected) > 600
    # The unit is on a list, and keeps what it sent.
    assert dict.fromkeys(expected, 1) | {"so-tai-chinh": 2} == copies(single, "tatca1")


def test_the_sender_is_answered_before_anybody_is_looked_up(lab: tuple[Lab, Path]) -> None:
    """A program that waits too long sends again; who wrote is in the log all the same."""
    single, _ = lab
    unit, to = f"{UNIT}@{DOMAIN}", f"toanthe_{UNIT}@{DOMAIN}"
    single.ssh(HOST, "postconf defer_transports=lists && postfix reload")
    with signed_in(single, HEAD, "binhlv") as smtp:
        assert 250 == send(smtp, unit, [to, f"annv@{DOMAIN}"], "mot4")
    queued = [json.loads(line) for line in single.ssh(HOST, "postqueue -j").splitlines()]
    expected = {to, f"annv@{DOMAIN}", f"{UNIT}+Sent@{DOMAIN}"}
    assert [expected] == [{each["address"] for each in one["recipients"]} for one in queued]
    single.ssh(HOST, "postconf -X defer_transports && postfix reload && postqueue -f")
    found = copies(single, "mot4")
    assert shown(lab, to, str(TODAY)) | {"so-tai-chinh"} == found.keys()
    assert {1} == {*found.values()}
    # Of the letter as it went on, the log has the one that came in, and who had signed in for that.
    log = single.ssh(HOST, "journalctl --quiet --output cat --identifier postfix/lists/smtpd "
                     "--identifier postfix/submission/smtpd --since -10min")  # fmt: skip
    first = queued[0]["queue_id"]
    assert f"orig_queue_id={first}" in log
    assert re.search(rf"^{first}: client=.*sasl_username={HEAD}$", log, re.MULTILINE)


def test_only_the_host_itself_hands_letters_in_behind_the_checks(lab: tuple[Lab, Path]) -> None:
    """It is closed from elsewhere, and on the host to all but Postfix with its certificate."""
    single, _ = lab
    script = (
        "import smtplib, ssl; c = ssl.create_default_context(); "
        "c.check_hostname, c.verify_mode = False, ssl.CERT_NONE; "
        "s = smtplib.SMTP('{}', 10026, timeout=9); s.ehlo('x'); "
        f"print(s.mail('{UNIT}@{DOMAIN}')[0]); s.starttls(context=c); s.ehlo('x'); "
        f"print(s.mail('{UNIT}@{DOMAIN}')[0], s.rcpt('canbo_{UNIT}@{DOMAIN}')[0])"
    )
    said = {
        by: single.ssh(host, f"{as_} python3 -u -c {shlex.quote(script.format(to))} 2>&1 || true")
        for by, host, as_, to in (
            ("postfix", HOST, "setpriv --reuid postfix --clear-groups", "127.0.0.1"),
            ("nobody", HOST, "setpriv --reuid nobody --clear-groups", "127.0.0.1"),
            ("client", "client", "", "10.88.0.11"),
        )
    }
    assert re.match("530\nTraceback", said["postfix"]), said
    assert "ConnectionRefusedError" in said["nobody"], said
    assert "TimeoutError" in said["client"] or "ConnectionRefusedError" in said["client"], said


def test_a_letter_that_is_handed_in_again_comes_once(lab: tuple[Lab, Path]) -> None:
    """By a program that did not wait, or a host that died before it had noted the delivery."""
    single, _ = lab
    to = [f"donvi_{UNIT}@{DOMAIN}", f"annv@{DOMAIN}"]
    for _again in range(2):
        with signed_in(single, HEAD, "binhlv") as smtp:
            assert 250 == send(smtp, f"{UNIT}@{DOMAIN}", to, "hai6")
    expected = dict.fromkeys({*shown(lab, to[0], str(TODAY)), "nguyen-van-an"}, 1)
    # What it keeps is a copy of its own, besides that of the list.
    assert expected | {"so-tai-chinh": 2} == copies(single, "hai6")


def test_whoever_is_written_to_by_another_address_besides_gets_one_copy(
    lab: tuple[Lab, Path],
) -> None:
    """The unit is on its list, and beside it stands another of its addresses."""
    single, _ = lab
    to = [f"donvi_{UNIT}@{DOMAIN}", f"sotaichinh@{DOMAIN}"]
    with signed_in(single, HEAD, "binhlv") as smtp:
        assert 250 == send(smtp, f"{UNIT}@{DOMAIN}", to, "haiten7")
    expected = dict.fromkeys(shown(lab, to[0], str(TODAY)), 1)
    assert expected | {"so-tai-chinh": 2} == copies(single, "haiten7")


def test_letters_of_a_list_elsewhere_all_arrive(lab: tuple[Lab, Path]) -> None:
    """They have the same mark as ours; that two share a Message-ID is no reason to lose one."""
    single, _ = lab
    letter = (
        "From: bantin@example.org\r\nPrecedence: list\r\nMessage-ID: <bantin@example.org>\r\n"
        "Subject: bantin8\r\n\r\nx\r\n"
    )
    script = (
        "import smtplib; s = smtplib.SMTP('10.88.0.11', 25); s.ehlo('mx.example.org'); "
        f"[s.sendmail('bantin@example.org', 'annv@{DOMAIN}', {letter!r}) for _ in range(2)]"
    )
    single.ssh("internet", f"python3 -c {shlex.quote(script)}")
    assert {"nguyen-van-an": 2} == copies(single, "bantin8")


def test_nobody_but_the_unit_mailbox_writes_to_its_list(lab: tuple[Lab, Path]) -> None:
    """Not its head as a person, nor who is on it, nor another spelling of its address."""
    single, _ = lab
    target = f"canbo_{UNIT}@{DOMAIN}"
    spellings = [
        target, target.upper(), f'"canbo_{UNIT}"@{DOMAIN}', f'"canbo\\_{UNIT}"@{DOMAIN}',
        f"canbo_{UNIT}@{DOMAIN}.", f"@{DOMAIN}:{target}", f"@example.org,@{DOMAIN}:{target}",
        f"canbo_{UNIT}%{DOMAIN}@{DOMAIN}", f"{DOMAIN}!canbo_{UNIT}", f"canbo_{UNIT}",
        f'"canbo_{UNIT}@{DOMAIN}"@{DOMAIN}', f"canbo_{UNIT}@[10.88.0.11]",
        f"canbo_{UNIT}%{DOMAIN}@[10.88.0.11]", f"canbo_{UNIT}+x@{DOMAIN}",
        f"canbo_{UNIT}@localhost", f"canbo_{UNIT}@mail1.{DOMAIN}", f"toanthe_{UNIT}@{DOMAIN}",
        f"probe_{UNIT}@{DOMAIN}",
    ]  # fmt: skip
    for person, address in ((HEAD, "binhlv"), (MEMBER, "annv")):
        for spelling in spellings:
            with signed_in(single, person, address) as smtp:
                code = send(smtp, f"{address}@{DOMAIN}", [spelling], "cam2")
            assert 500 <= code < 600, f"{person} to {spelling}: {code}"
        # One recipient that is allowed does not carry the other.
        with signed_in(single, person, address) as smtp:
            code = send(smtp, f"{address}@{DOMAIN}", [f"annv@{DOMAIN}", target], "cam2")
        assert 500 <= code < 600
    with signed_in(single, HEAD, "binhlv") as smtp:
        assert 500 <= send(smtp, f"{UNIT}@{DOMAIN}", [f"canbo_snv@{DOMAIN}"], "cam2") < 600
    assert {} == copies(single, "cam2")


def test_no_spelling_hides_a_list_beside_a_colleague(lab: tuple[Lab, Path]) -> None:
    """What Postfix reads and Rspamd does not is no recipient, in whatever way it is asked for."""
    single, _ = lab
    at = f"@{DOMAIN}"
    hidden = [
        f"TO:<canbo_{UNIT} {at}>", f"TO:<canbo_{UNIT}@ {DOMAIN}>", f'TO:<"canbo_{UNIT}" {at}>',
        f'TO:<"canbo_{UNIT}"@"{DOMAIN}">', f"TO:<canbo\\_{UNIT}{at}>",
        f"TO:<@x.org,@y.org:canbo_{UNIT}{at}>", f"TO:<canbo_{UNIT}.{at}>",
        f"TO:<(x)canbo_{UNIT}{at}>", f"TO:<x:canbo_{UNIT}{at};>", f"TO: <canbo_{UNIT} {at}>",
        f"TO:canbo_{UNIT} {at}", "TO:<x @other.example.org>", "TO:<x@-other.example.org>",
    ]  # fmt: skip
    commands = [f"RCPT {each}" for each in hidden]
    verbs = ("rcpt", " RCPT", "RCPT\t", '"RCPT"', "R\\CPT", "RCPT\x0b")
    commands += [f"{verb} TO:<canbo_{UNIT} {at}>" for verb in verbs]
    answers = {}
    for command in commands:
        with signed_in(single, MEMBER, "annv") as smtp:
            smtp.mail(f"annv{at}")
            assert 250 == smtp.rcpt(f"annv{at}")[0]
            assert 250 == smtp.docmd(f"RCPT TO:<binhlv{at}> NOTIFY=NEVER")[0]
            try:
                answers[command] = smtp.docmd(command)[0]
            except smtplib.SMTPServerDisconnected:
                answers[command] = 521  # it is no command
    assert {} == {each: code for each, code in answers.items() if code in {250, 251}}


def test_a_stranger_outside_reaches_no_list(lab: tuple[Lab, Path]) -> None:
    """Refused at RCPT, also for a list that does not exist: nobody learns which do."""
    single, _ = lab
    script = (
        "import smtplib; s = smtplib.SMTP('10.88.0.11', 25); s.ehlo('mx.example.org'); "
        "s.mail('cong-dan@example.org'); "
        f"print([s.rcpt('annv@{DOMAIN}')[0], *(s.rcpt(each)[0] for each in ("
        f"'canbo_{UNIT}@{DOMAIN}', 'CANBO_{UNIT}@{DOMAIN}', '\"canbo_{UNIT}\"@{DOMAIN}', "
        f"'canbo_{UNIT}@{DOMAIN}.', '@x.vn:canbo_{UNIT}@{DOMAIN}', "
        f"'canbo_{UNIT}%{DOMAIN}@{DOMAIN}', 'khongco_{UNIT}@{DOMAIN}'))])"
    )
    somebody, *codes = json.loads(single.ssh("internet", f"python3 -c {shlex.quote(script)}"))
    assert (250, {True}) == (somebody, {500 <= code < 600 for code in codes}), codes


def test_a_transfer_counts_on_its_day(lab: tuple[Lab, Path]) -> None:
    """Who goes to another unit is on its list from that day on, and no longer on the former one."""
    single, root = lab
    single.hopthu("apply", "lab", "--yes", "--on", str(TOMORROW), root=root)
    with signed_in(single, HEAD, "binhlv") as smtp:
        assert 250 == send(smtp, f"{UNIT}@{DOMAIN}", [f"canbo_{UNIT}@{DOMAIN}"], "sau3")
    found = copies(single, "sau3")
    assert (0, 1) == (found[MOVES], found[MEMBER])
    assert MOVES in shown(lab, f"canbo_snv@{DOMAIN}", str(TOMORROW))
