"""Two hosts for each way in: what is wrong with one of them is found, whichever it is."""

import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import power
import pytest
from faults import ON_ONE_ACCESS_HOST, ON_ONE_EDGE_HOST, Fault, restart, waits
from junk import folder, learnt, move, people, world
from labs import BACK, CHECKOUT, Lab, bring_up, copied, forget_journals, git
from sending import LIMITS, hears_of, leave_note, note, offered, reach_a_limit, sends, signed_in
from test_own_password import as_before
from test_passwords_issued import BASIS, bound, modify
from test_probes_fail import notices, stays_mended

from hopthu.daemons import valkey
from hopthu.daemons.dovecot import REPORTED
from hopthu.directory.passwords import directory_hash, random_password
from hopthu.lab import holder, machine
from hopthu.verify.context import Person, ProbeContext
from pages import sections

ACCOUNT = "probe_colleague_store1"
PEOPLE = "ou=people,dc=thanhhoa,dc=gov,dc=vn"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The resilient layout, applied; HOPTHU_TEST_RESILIENT may name one that is up."""
    if folder := os.environ.get("HOPTHU_TEST_RESILIENT"):
        yield Lab(Path(folder).resolve())
        return
    for lab in bring_up(tmp_path_factory.mktemp("pairs"), "--layout", "resilient"):
        lab.hopthu("apply", "lab", "--yes")
        yield lab


def test_at_least_ten_ways() -> None:
    """Each is made on the second host: the first would have been tried anyway."""
    assert len(ON_ONE_ACCESS_HOST) + len(ON_ONE_EDGE_HOST) >= 10
    assert {"access2"} == {fault.host for fault in ON_ONE_ACCESS_HOST.values()}
    assert {"edge2"} == {fault.host for fault in ON_ONE_EDGE_HOST.values()}


@pytest.mark.parametrize(
    "broken",
    list(zip(ON_ONE_ACCESS_HOST.values(), ON_ONE_EDGE_HOST.values(), strict=True)),
    ids=map(" and ".join, zip(ON_ONE_ACCESS_HOST, ON_ONE_EDGE_HOST, strict=True)),
)
def test_one_of_two_is_broken(pairs: Lab, broken: tuple[Fault, Fault]) -> None:
    """The probes fail every time, not only when they happen to choose that host."""
    notices(pairs, *broken)


def rcpt(lab: Lab, host: str, server: str, sender: str, recipient: str, *more: str) -> str:
    """Offer a recipient from a host of the lab; return what the server says."""
    words = ["swaks", "--server", server, "--tls", "--from", sender, "--to", recipient,
             "--quit-after", "RCPT", *more]  # fmt: skip
    return lab.ssh(host, f"{shlex.join(words)} 2>&1 || true")


def signing_in(person: str, password: str) -> tuple[str, ...]:
    """Return the options of swaks that sign in."""
    return ("--auth", "PLAIN", "--auth-user", person, "--auth-password", password)


def test_accounts_for_probing_are_alone(pairs: Lab) -> None:
    """Nobody writes to them, they write to nobody, and they sign in from nowhere else."""
    dn = f"uid={ACCOUNT},ou=people,ou=probes,dc=thanhhoa,dc=gov,dc=vn"
    mine, reader = f"{ACCOUNT}@thanhhoa.gov.vn", "probe_reader_store2@thanhhoa.gov.vn"
    other, password = "binhlv@thanhhoa.gov.vn", random_password()
    change = (
        f"dn: {dn}\nchangetype: modify\nreplace: userPassword\n"
        f"userPassword: {directory_hash(password)}\n-\nreplace: hopthuPasswordUntil\n"
        "hopthuPasswordUntil: %d0101000000Z\n"
    )
    set_to = "printf %s {} | ldapmodify -Q -Y EXTERNAL -H ldapi:///"
    pairs.ssh("store1", set_to.format(shlex.quote(change % 2100)))
    submission = "10.88.0.22:587"
    me = signing_in(mine, password)
    assert "250 2.1.5" in rcpt(pairs, "client", submission, mine, reader, *me)
    assert "250 2.1.5" in rcpt(pairs, "client", submission, mine, "cong-dan@example.org", *me)
    for to in (other, "ai-do@example.net"):
        assert "554 5.7.1" in rcpt(pairs, "client", submission, mine, to, *me)
    official = signing_in(other, pairs.passwords["le-van-binh"])
    assert "250 2.1.5" in rcpt(pairs, "client", submission, other, other, *official)
    assert "554 5.7.1" in rcpt(pairs, "client", submission, other, reader, *official)
    stranger = ("client", "10.88.0.12:25", "a@example.org", reader, "--helo", "a.example.org")
    assert "554 5.7.1" in rcpt(pairs, *stranger)
    assert "250 2.1.5" in rcpt(pairs, *stranger[:3], other, *stranger[4:])
    ask = f"doveadm auth test -x rip={{}} {mine} {shlex.quote(password)} || true"
    assert "auth succeeded" in pairs.ssh("access2", ask.format("10.88.0.102"))
    for outside in ("10.88.0.101", "10.38.4.4", "192.0.2.1"):
        assert "auth failed" in pairs.ssh("access2", ask.format(outside))
    pairs.ssh("store1", set_to.format(shlex.quote(change % 2020)))
    pairs.ssh("access2", "sleep 1")
    assert "auth failed" in pairs.ssh("access2", ask.format("10.88.0.102"))


def test_after_a_run_they_have_no_password(pairs: Lab) -> None:
    """And the directory goes on where it was: its copies follow after it begins again."""
    assert pairs.probes("wrong-password")["wrong-password"]["passed"]
    having = (
        "ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:/// -b ou=probes,dc=thanhhoa,dc=gov,dc=vn "
        "'(|(userPassword=*)(hopthuPasswordUntil=*))' 1.1"
    )
    assert "" == pairs.ssh("store1", having).strip()
    pairs.ssh("store1", f"{restart('slapd')}; {waits(636)}")
    at = (
        "ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:/// -s base -b dc=thanhhoa,dc=gov,dc=vn contextCSN"
    )
    assert pairs.ssh("access1", at) == pairs.ssh("store1", at) == pairs.ssh("access2", at)


def hosts_of(context: ProbeContext, some: Iterable[Person]) -> set[str]:
    """Return the hosts on which people have their mailboxes."""
    return {context.site.centre.store_host(each.store).name for each in some}


def test_what_people_move_trains_every_scanner(pairs: Lab) -> None:
    """Two hundred letters of each kind file new ones; three who move them wrongly change nothing.

    A scanner that was away learns the rest when it is back. Nobody counts for more than twenty.
    """
    scanners, edges = ("edge1", "edge2", "access1", "access2"), ("edge1", "edge2")
    with world(pairs) as context:

        def new(key: str) -> list[str]:
            return [folder(context, e, reader, k, key) for k in ("spam", "ham") for e in edges]

        def come_to(spam: int, ham: int) -> None:
            all_of_it = [(spam, ham)] * len(scanners)
            what = f"{spam} and {ham} letters learnt"
            context.until(
                lambda: [learnt(pairs, host) for host in scanners] == all_of_it, what, within=300
            )

        everybody = people(context, pairs)
        reader, *honest = (next(everybody) for _ in range(21))
        poisoners = [next(everybody) for _ in range(3)]
        assert 2 == len(hosts_of(context, honest)) == len(hosts_of(context, poisoners))
        assert ["INBOX"] * 4 == new("before")
        for turn, person in enumerate(honest):
            if turn == 15:
                pairs.ssh("edge2", "systemctl stop postfix")
            keys = [f"{turn}-{number}" for number in range(10)]
            move(context, person, "spam", keys, "INBOX", "Junk")
            move(context, person, "ham", keys, "Junk", "INBOX")
        context.until(lambda: learnt(pairs, "edge1") == (200, 200), "edge1 to learn", within=300)
        assert learnt(pairs, "edge2") < (200, 200)
        pairs.ssh("edge2", "systemctl start postfix")
        for store in hosts_of(context, honest):
            pairs.ssh(store, "postqueue -f")
        come_to(200, 200)
        assert ["Junk", "Junk", "INBOX", "INBOX"] == new("after")

        wrong = [f"wrong-{number}" for number in range(90)]
        move(context, poisoners[0], "ham", wrong[:30], "INBOX", "Junk")
        move(context, poisoners[1], "spam", wrong[30:60], "Junk", "INBOX")
        move(context, poisoners[2], "spam", wrong[60:], "Junk", "INBOX")
        come_to(220, 240)
        assert ["Junk", "Junk", "INBOX", "INBOX"] == new("then")


def test_what_people_report_reaches_the_operator(pairs: Lab) -> None:
    """The letter is attached, and the mail says who reports it; nobody reports more than twenty."""
    with world(pairs) as context:
        *_, person = (each for each, _ in zip(people(context, pairs), range(30), strict=False))
        move(context, person, "ham", [f"odd-{number}" for number in range(30)], "INBOX", REPORTED)
        operator = context.site.policy.operator
        (label,) = (m.store for m in context.site.desired.mailboxes if m.id == operator)
        there = context.site.centre.store_host(label).name
        ask = f"doveadm {{}} -u {operator} {{}} mailbox INBOX header subject 'Report: thu'"
        context.until(
            lambda: 20 == len(pairs.ssh(there, ask.format("search", "")).splitlines()),
            "twenty reports",
            within=120,
        )
        (here,) = hosts_of(context, [person])
        pairs.ssh(here, "until postqueue -p | grep -q empty; do sleep 0.1; done")
        texts = pairs.ssh(there, ask.format("fetch", "text"))
        pairs.ssh(there, ask.format("expunge", ""))
    assert 20 == texts.count("Content-Type: message/rfc822")
    assert 20 == texts.count("Message-ID: <ham-odd-")
    assert f"Người báo cáo: {person.id}." in texts


def test_mended(pairs: Lab) -> None:
    """The faults made the probes red, not the layout."""
    stays_mended(pairs)


FLOODS, FLOODING = "le-van-bay", "baylv@thanhhoa.gov.vn"
COLLEAGUE, CITIZEN = "annv@thanhhoa.gov.vn", "cong-dan@example.org"
EDGES, ACCESS = ("edge1", "edge2"), ("access1", "access2")
ASK = f"ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:/// -b {PEOPLE} uid={FLOODS} {{}}"
RESTARTS = f"""
valkey-cli -s {valkey.SOCKET} flushall
systemctl kill --signal=KILL rspamd valkey-server slapd
systemctl reset-failed rspamd valkey-server slapd
systemctl restart valkey-server rspamd slapd postfix
{waits(11332)}; {waits(465)}
"""


@pytest.fixture
def flooding(pairs: Lab) -> Iterator[Lab]:
    """Somebody who is not stopped, before and after."""
    as_before(pairs, FLOODS)
    yield pairs
    for host in ACCESS:
        pairs.ssh(host, f"systemctl start hopthu-stopped.path; rm -f /var/lib/rspamd/*.{FLOODS}")
        pairs.ssh(host, f"valkey-cli -s {valkey.SOCKET} flushall")
    pairs.ssh("store1", "systemctl start slapd")
    as_before(pairs, FLOODS)
    forget_journals(pairs)


def answers(lab: Lab) -> list[int]:
    """Return what each access host says to a letter."""
    return [sends(lab, host, FLOODS, FLOODING, COLLEAGUE)[0] for host in ACCESS]


def released(lab: Lab, folder: Path) -> None:
    """Have a new password issued on a document, and the lab's own set again."""
    lab.hopthu("credential", "reset", FLOODS, "--basis", BASIS, "--slips", str(folder), "lab")
    as_before(lab, FLOODS)


def test_a_stop_holds_at_every_access_host(flooding: Lab, tmp_path: Path) -> None:
    """Within a minute, in sessions that are open, whatever restarts; one release ends it."""
    reach_a_limit(flooding, "access1", FLOODS)
    with signed_in(flooding, "access2", FLOODS, FLOODING) as before:
        assert 250 == offered(before, FLOODING, COLLEAGUE)
        began = time.monotonic()
        refused = sends(flooding, "access1", FLOODS, FLOODING, CITIZEN, LIMITS.refused_letters)
        hears_of(flooding, "access2", FLOODS)
        assert 554 == offered(before, FLOODING, COLLEAGUE)
        assert time.monotonic() - began < 60
        assert {451} == set(refused)
        flooding.ssh("access2", "systemctl stop slapd")
        assert 451 == offered(before, FLOODING, COLLEAGUE)
    for host in ACCESS:
        flooding.ssh(host, f"! [ -e {note(FLOODS)} ]")
        flooding.ssh(host, RESTARTS)
    assert [554, 554] == answers(flooding)
    released(flooding, tmp_path / "slips")
    assert [250, 250] == answers(flooding)


def test_a_stop_that_could_not_be_told_is_told_later(flooding: Lab) -> None:
    """While the provider is away the host that stopped goes on by itself.

    The last release was dated by a clock that was years ahead.
    """
    modify(flooding, FLOODS, "replace: hopthuReleased\nhopthuReleased: 20990101000000Z")
    known = "until {} | grep -q 2099; do sleep 0.1; done".format(ASK.format("hopthuReleased"))
    flooding.ssh("access1", f"timeout 60 sh -c {shlex.quote(known)}")
    flooding.ssh("store1", "systemctl stop slapd")
    leave_note(flooding, "access1", FLOODS)
    state = "systemctl show -p SubState --value hopthu-stopped"
    failed = f"until {state} | grep -q auto-restart; do sleep 0.1; done"
    flooding.ssh("access1", f"timeout 60 sh -c '{failed}'")
    assert [554, 250] == answers(flooding)
    flooding.ssh("store1", "systemctl start slapd")
    hears_of(flooding, "access2", FLOODS)
    flooding.ssh("access1", f"timeout 60 sh -c 'while [ -e {note(FLOODS)} ]; do sleep 0.1; done'")
    assert [554, 554] == answers(flooding)


def test_a_stop_that_is_told_after_the_release_is_over(flooding: Lab, tmp_path: Path) -> None:
    """One that a host kept to itself, and the operator did not know of."""
    said = flooding.ssh("access2", ASK.format("hopthuReleased"))
    (before, *_) = (*re.findall("^hopthuReleased: (.+)$", said, re.MULTILINE), "-")
    released(flooding, tmp_path / "slips")
    leave_note(flooding, "access2", FLOODS, before)
    flooding.ssh("access2", f"timeout 60 sh -c 'while [ -e {note(FLOODS)} ]; do sleep 0.1; done'")
    assert [250, 250] == answers(flooding)


def test_an_access_host_stops_people_and_can_do_nothing_else(flooding: Lab) -> None:
    """Neither take a stop back, its own included, nor move one, nor release, nor anything else.

    Nor fill the directory: not with a second value, nor with a long one.
    """
    leave_note(flooding, "access1", FLOODS)
    hears_of(flooding, "access2", FLOODS)
    tls = "/etc/hopthu/tls"
    as_host = (
        f"LDAPTLS_CACERT={tls}/ca.pem LDAPTLS_CERT={tls}/host.pem LDAPTLS_KEY={tls}/host.key "
        "ldapmodify -Q -Y EXTERNAL -H ldaps://10.88.0.31"
    )
    changes = {
        "delete: hopthuStopped": 50,
        "replace: hopthuStopped\nhopthuStopped: 20200101000000Z": 50,
        "add: hopthuReleased\nhopthuReleased: 20990101000000Z": 50,
        "replace: hopthuState\nhopthuState: locked": 50,
        "add: hopthuStopped\nhopthuStopped: 20200101000000Z": 19,
        f"add: hopthuStopped\nhopthuStopped: 20200101000000.{'1' * 100}Z": 19,
    }

    def tried(person: str, change: str) -> str:
        ldif = f"dn: uid={person},{PEOPLE}\nchangetype: modify\n{change}\n"
        return flooding.ssh("access1", f"{as_host} 2>&1; echo code: $?", stdin=ldif.encode())

    for change, code in changes.items():
        assert f"code: {code}\n" in (said := tried(FLOODS, change)), (change, said)
    *_, long = changes
    assert "code: 19\n" in (said := tried("nguyen-van-an", long)), said


def test_what_one_access_host_has_entered_is_withdrawn(flooding: Lab) -> None:
    """By the command of the page, and nothing that another one has; it is shown whose it is."""
    (command,) = re.findall(
        r"(?m)^```sh\n((?:.*\n)*?)```$",
        (CHECKOUT / "docs/decisions/scanning.md").read_text(encoding="utf-8"),
    )
    top = "dc=thanhhoa,dc=gov,dc=vn"

    def withdraw(host: str) -> None:
        line = command.replace("ACCESS-HOST", f"{host}.thanhhoa.gov.vn").replace("SUFFIX", top)
        flooding.ssh("store1", line)

    leave_note(flooding, "access2", FLOODS)
    hears_of(flooding, "access1", FLOODS)
    shown = flooding.hopthu("show", FLOODS, "--live", "lab").stdout
    assert "it was access2.thanhhoa.gov.vn that stopped it" in shown
    withdraw("access1")
    assert "hopthuStopped: " in flooding.ssh("store1", ASK.format("hopthuStopped"))
    withdraw("access2")
    assert "hopthuStopped: " not in flooding.ssh("store1", ASK.format("hopthuStopped"))
    hears_of(flooding, "access1", FLOODS, stopped=False)


HANDS_OVER = """
import smtplib, ssl, sys

class Lmtp(smtplib.SMTP_SSL):
    ehlo_msg = "lhlo"

with Lmtp(sys.argv[1], 24, context=ssl._create_unverified_context()) as store:
    store.ehlo("x")
    store.mail("a@example.org")
    print(store.rcpt(sys.argv[2])[0])
"""


def test_a_store_passes_mail_on_once(pairs: Lab) -> None:
    """For a mailbox of another store, from whoever took it in; from a store it is put off."""
    words = ["python3", "-c", HANDS_OVER, "10.88.0.32", "binhlv@thanhhoa.gov.vn"]
    codes = {"edge1": 250, "access1": 250, "store1": 451}
    found = {host: int(pairs.ssh(host, shlex.join(words))) for host in codes}
    assert codes == found


A_MINUTE = 60
OWN_ELSEWHERE, ANSWERED, RESET = "nguyen-van-an", "le-van-binh", FLOODS
SAID = """
for _name, _data in [each for _group in _groups.values() for each in _group]:
    _data.update(provider=_name == {provider!r}, gone=_name in {gone!r})
"""


class Province:
    """The repository of a province whose inventory people edit."""

    def __init__(self, lab: Lab, root: Path) -> None:
        """Begin with what is shipped."""
        self.lab, self.root = lab, copied(root)
        self.inventory = self.root / "inventory" / "lab.py"
        self.shipped = self.inventory.read_text()

    def says(self, provider: str, *gone: str) -> None:
        """Have the inventory say which directory is written to, and who is out of service."""
        self.inventory.write_text(self.shipped + SAID.format(provider=provider, gone=gone))
        git(self.root, "commit", "--quiet", "--all", "--message", f"{provider}, without {gone}")

    def applies(self, *options: str, expect: int = 0) -> str:
        """Apply, and return what is said."""
        done = self.lab.hopthu("apply", "lab", "--yes", *options, root=self.root, expect=expect)
        return done.stdout + done.stderr


def on_its_own(lab: Lab, host: str, command: str, stdin: str) -> None:
    """Run a command on a host that is cut off."""
    leader = str(holder.leader(lab.state, host))
    argv = ["nsenter", "--target", leader, "--all", "sh", "-c", command]
    subprocess.run(argv, input=stdin, text=True, check=True)


def changes_password(lab: Lab, host: str, person: str, old: str, new: str) -> str:
    """Have somebody change their password at an access host; return what that says."""
    words = ["ldappasswd", "-x", "-H", "ldapi:///", "-D", f"uid={person},{PEOPLE}",
             "-w", old, "-a", old, "-s", new]  # fmt: skip
    return lab.ssh(host, f"{shlex.join(words)} 2>&1; echo code: $?")


def resets(lab: Lab, root: Path, slips: Path, expect: int = 0) -> str:
    """Have the operator reset a password by the inventory of a checkout; return what is said."""
    words = ["credential", "reset", RESET, "--basis", BASIS, "--slips", str(slips), "lab"]
    return lab.hopthu(*words, root=root, expect=expect).stderr


def positions(lab: Lab, *hosts: str) -> set[str]:
    """Return the positions of directories."""
    at = (
        "ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:/// -s base -b dc=thanhhoa,dc=gov,dc=vn contextCSN"
    )
    return {lab.ssh(host, f"{at} | sort") for host in hosts}


def test_another_directory_takes_over(pairs: Lab, tmp_path: Path) -> None:
    """Once a line says so, passwords change again; what the lost one had is kept.

    The host comes back with a change that it had answered and nobody else had got.
    """
    province = Province(pairs, tmp_path / "province")
    known, own = pairs.state, pairs.passwords
    power.link_down(known, "store1")
    try:
        change = f"dn: uid={OWN_ELSEWHERE},{PEOPLE}\nchangetype: modify\nreplace: userPassword\n"
        at_the_old = f"{change}userPassword: {directory_hash(random_password())}\n"
        on_its_own(pairs, "store1", "ldapmodify -Q -Y EXTERNAL -H ldapi:///", at_the_old)
        province.says("store1", "store1")
        assert "this host is out of service" in province.applies(expect=2)
        province.says("store2", "store1")
        new, began = random_password(), time.monotonic()
        with ThreadPoolExecutor(1) as operator:
            applied = operator.submit(province.applies, *BACK)
            while "code: 0\n" not in changes_password(
                pairs, "access1", ANSWERED, own[ANSWERED], new
            ):
                assert time.monotonic() - began < A_MINUTE
            assert "left out: store1" in applied.result()
        assert bound(pairs, "access2", ANSWERED, new)
        resets(pairs, province.root, tmp_path / "slips")
    finally:
        power.link_up(known, "store1")
    assert 1 == len(positions(pairs, "access1", "access2", "store2"))
    assert "10.88.0.31" not in pairs.ssh("store2", "nft list ruleset")

    # It would take writes still: nobody who has not heard of the line writes to it, nor names it.
    assert "store2 took over from it" in resets(pairs, CHECKOUT, tmp_path / "slips", expect=3)
    province.says("store1")
    assert "store2 took over from it" in province.applies(expect=3)
    province.says("store2")
    said = province.applies(*BACK)
    assert "store1: the directory has changes that nobody can give store2 any more" in said
    (place,) = re.findall(r"kept in (\S+):", said)
    assert f"1 entries: uid={OWN_ELSEWHERE},{PEOPLE}" in said
    assert f"dn: uid={OWN_ELSEWHERE},{PEOPLE}\n" in pairs.ssh("store1", f"cat {place}/changed.ldif")
    assert "700 root" == pairs.ssh("store1", f"stat -c '%a %U' {place}").strip()
    assert 1 == len(positions(pairs, "access1", "store1", "store2"))
    assert bound(pairs, "access1", OWN_ELSEWHERE, own[OWN_ELSEWHERE])
    refused = f"printf %s {shlex.quote(at_the_old)} | ldapmodify -Q -Y EXTERNAL -H ldapi:/// 2>&1"
    assert "code: 53\n" in pairs.ssh("store1", f"{refused}; echo code: $?")
    undone = pairs.hopthu("rollback", "lab", "--yes", root=province.root, expect=3)
    assert "store1: another directory is written to now, or was then" in undone.stderr


def test_a_directory_hands_over(pairs: Lab, tmp_path: Path) -> None:
    """By the same line: who is written to gives up first, and nothing is kept aside."""
    province = Province(pairs, tmp_path / "province")
    province.says("store1")
    said = province.applies(*BACK)
    assert "kept in" not in said
    assert said.index("store2: applied") < said.index("store1: applied")
    for person in (OWN_ELSEWHERE, ANSWERED, RESET):
        as_before(pairs, person)
    for host in ACCESS:
        new = random_password()
        said = changes_password(pairs, host, ANSWERED, pairs.passwords[ANSWERED], new)
        assert "code: 0\n" in said
        as_before(pairs, ANSWERED)
    assert 1 == len(positions(pairs, *ACCESS, "store1", "store2"))


SIGNS_IN = """
import imaplib, ssl, sys, time
person, *cached = sys.argv[1:]
password, began = sys.stdin.read(), time.monotonic()
for address in cached:
    try:
        imap = imaplib.IMAP4_SSL(address, ssl_context=ssl._create_unverified_context())
        break
    except OSError as error:
        print(address, error, file=sys.stderr)
imap.login(person, password)
print(time.monotonic() - began)
"""
"""Signs in as a program does that was given several addresses and keeps them."""


@pytest.mark.alone
def test_a_program_finds_the_other_access_host(pairs: Lab) -> None:
    """By the addresses that it got before: nobody changes DNS."""
    known = pairs.state
    asked = "getent ahostsv4 mail.thanhhoa.gov.vn | awk '/STREAM/ {print $1}'"
    cached = pairs.ssh("client", asked).split()
    names = {host.address: name for name, host in known.hosts.items()}
    lost, *others = (names[address] for address in cached)
    assert {*ACCESS} == {lost, *others}
    person, who = "bui-khac-bien", "bienbk@thanhhoa.gov.vn"
    words = ["python3", "-c", SIGNS_IN, who, *cached]
    power.link_down(known, lost)
    try:
        said = pairs.ssh("client", shlex.join(words), pairs.passwords[person].encode())
    finally:
        power.link_up(known, lost)
    assert 1 < float(said) < 10


LETTER = """
import smtplib, sys
to, server, *keys = sys.argv[1:]
of = "cong-dan@example.org"
for key in keys:
    head = [f"From: {of}", f"To: {to}", f"Subject: {key}", f"Message-ID: <{key}@example.org>"]
    with smtplib.SMTP(server, 25, local_hostname="mx.example.org", timeout=60) as smtp:
        smtp.sendmail(of, to, chr(10).join([*head, "", "Thu.", ""]))
"""
_TAKE = 'tar -c -C "$FOLDER/root" var/spool/postfix | base64'
_PUT = 'rm -r "$FOLDER/root/var/spool/postfix" && base64 -d | tar -x -p -C "$FOLDER/root"'


@pytest.mark.drill
def test_the_queue_of_a_burnt_edge(pairs: Lab) -> None:
    """What it had answered for arrives from its disk, once, as the page says; then it comes back.

    Some wait for their store, some are held by a person.
    """
    keys = [f"hang-doi-{time.time_ns()}-{number}" for number in range(20)]
    known = pairs.state
    disk = {"FOLDER": str(machine.folder(known, known.host("edge1")))}
    to = "bienbk@thanhhoa.gov.vn"
    power.link_down(known, "store2")
    try:
        words = shlex.join(["python3", "-c", LETTER, to, known.host("edge1").address, *keys])
        pairs.ssh("internet", words)
        queued = "postqueue -j | grep -c cong-dan@example.org || true"
        assert str(len(keys)) == pairs.ssh("edge1", queued).strip()
        held = "postqueue -p | grep -oE '^[0-9A-Za-z]{10,}' | head -n 3 | postsuper -h -"
        pairs.ssh("edge1", held)
        pairs.disconnect()
        known = power.stop(known, "edge1")
        spool = holder.run(known, ["sh", "-c", _TAKE], environment=disk).encode()
    finally:
        power.link_up(known, "store2")
    pairs.ssh("edge2", "base64 -d | tar -x -p -C /mnt", stdin=spool)
    (runbook,) = next(
        s.fences
        for s in sections(CHECKOUT / "docs" / "operations.md")
        if s.title == "Mail on the disk of a lost edge"
    )
    pairs.ssh("edge2", f"set -eu\n{runbook.text}")
    assert "3" == pairs.ssh("edge2", "postqueue -j | grep -c '\"hold\"'").strip()
    pairs.ssh("edge2", "postsuper -H ALL && postqueue -f")
    spool = pairs.ssh("edge2", "tar -c -C /mnt var/spool/postfix | base64; rm -r /mnt/var").encode()
    holder.run(known, ["sh", "-c", _PUT], environment=disk, stdin=spool)
    power.start(known, "edge1")
    count = f"doveadm -f tab fetch -u {to} hdr.message-id mailbox '*' all | grep -o 'hang-doi[^@]*'"
    deadline = time.monotonic() + 120
    while len(found := pairs.ssh("store2", f"{count} || true").split()) < len(keys):
        assert time.monotonic() < deadline, pairs.ssh("edge2", "postqueue -p")
        pairs.ssh("edge2", "postqueue -f; sleep 1")
    pairs.ssh("edge1", "postqueue -f")
    for host in EDGES:
        assert "" == pairs.ssh(host, "postqueue -j")
    assert sorted(keys) == sorted(each for each in found if each in keys)
