"""People change their own password from a workstation, by LDAP, and nothing else (RFC 3062).

And what somebody who is asked for help with it sees of a mailbox: `hopthu show --live`.
"""

import json
import os
import re
import shlex
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import power
import pytest
from labs import CHECKOUT, Lab, in_network_of
from test_passwords_issued import (
    BASIS,
    DOMAIN,
    HEAD,
    HEAD_NAME,
    NAME,
    OF_UNIT,
    PERSON,
    TOP,
    Sessions,
    bound,
    issue,
    modify,
)

import terminal
from hopthu.daemons.base import TLS
from hopthu.directory.password_results import REFUSALS, refusal
from hopthu.directory.password_rules import (
    LOCKOUT_SECONDS,
    dated_back,
    generalized,
    max_age,
    parsed_time,
)
from hopthu.lab import remote, state
from hopthu.model.policy import Policy

DELEGATE = "nguyen-van-an"
CHANGED, REFUSED, INVALID, DENIED, UNWILLING = 0, 19, 49, 50, 53
OWN = "Bien-xanh-2026"
LONG_AGO = "20260101000000Z"
NO_PASSWORDS = {
    "Ab1!xyz": "too short",
    "Ab1!" + "x" * 130: "longer than 128",
    "bien-xanh-2026": "lacks",
    "Biển-xanh-2026": "marks",
    "Nguyen2026!": "usual",
    "Annv-Thang-10": "the name or the address",
    "Matkhau2026!": "usual",
    "M@tkh@u2026": "usual",
    "Thanhhoa@1985": "usual",
    "Anhyeuem123!": "usual",
    "123456aA@": "usual",
    "Hoang2026!": "usual",
    "Pham@1985": "usual",
}
"""What somebody called Nguyễn Văn An may not choose, and a word of the reason; the last two are
names of others."""


def dn(person: str) -> str:
    return f"uid={person},ou=people,{TOP}"


@dataclass(frozen=True)
class Workstation:
    """A computer of an office, with ldap-utils and the network of the lab."""

    lab: Lab
    known: state.LabState
    mail: Sessions

    def run(self, program: str, *arguments: str, host: str = "access1", **words: str) -> str:
        """Run a program of ldap-utils; `words` are options whose value is read from a file.

        The last line of the answer is the exit code.
        """
        address = self.known.host(host).address
        files = "".join(
            f"printf %s {shlex.quote(word)} >$d/{name}; " for name, word in words.items()
        )
        options = " ".join(f"-{name} $d/{name}" for name in words)
        given = shlex.join(arguments)
        line = (
            f"umask 077; d=$(mktemp -d); {files} timeout 20 {program} -x -H ldaps://{address} "
            f"{options} {given} 2>&1 </dev/null; echo code: $?; rm -r $d"
        )
        # On standard input: no password is an argument of a program.
        return self.lab.ssh("client", "bash -s", stdin=line.encode())

    def change(self, person: str, old: str, new: str, of: str = "") -> int:
        """Change a password with ldappasswd; return the result code, 0 if it was done."""
        said = self.run("ldappasswd", "-D", dn(person), *([of] if of else []), y=old, t=old, T=new)
        found = re.search(r"\((\d+)\)", said)
        assert found or said.endswith("code: 0\n"), said
        return int(found[1]) if found else 0

    def binds(self, person: str, word: str) -> bool:
        """Tell whether somebody can sign in to the address book."""
        said = self.run("ldapwhoami", "-D", dn(person), y=word)
        assert "code: 0" in said or f"code: {INVALID}" in said, said
        return "code: 0" in said

    def modifies(self, person: str, word: str, ldif: str) -> str:
        """Try to change something else, and return what ldapmodify says."""
        return self.run("ldapmodify", "-D", dn(person), y=word, f=ldif)


@pytest.fixture
def workstation(centre: Lab) -> Iterator[Workstation]:
    """Be at a workstation; people have the lab's own passwords, set long ago, before and after."""
    people = (PERSON, HEAD, DELEGATE)
    for person in people:
        as_before(centre, person)
    with in_network_of(centre) as (known, context):
        yield Workstation(centre, known, Sessions(known, context))
    for person in people:
        as_before(centre, person)


def as_before(lab: Lab, person: str) -> None:
    """Give somebody the lab's own password, as if they had set it long ago and no other before.

    Nothing stops them from sending.
    """
    own = json.loads((lab.folder / "first_passwords.json").read_text())[person]
    modify(lab, person, f"replace: userPassword\nuserPassword: {own}", "replace: pwdReset",
           "replace: hopthuPasswordUntil", "replace: hopthuStopped")  # fmt: skip
    date(lab, person, LONG_AGO, "replace: pwdHistory")


def date(lab: Lab, person: str, moment: str, *changes: str) -> None:
    """Say when a password was set, as root on the provider."""
    parts = (f"replace: pwdChangedTime\npwdChangedTime: {moment}", *changes)
    ldif = f"dn: {dn(person)}\nchangetype: modify\n" + "\n-\n".join(parts) + "\n"
    relaxed = "ldapmodify -Q -Y EXTERNAL -H ldapi:/// -e '!relax'"
    lab.ssh(lab.provider, f"printf %s {shlex.quote(ldif)} | {relaxed}")


def attribute(lab: Lab, host: str, person: str, name: str) -> list[str]:
    """Return the values of an attribute on a host."""
    said = lab.ssh(host, f"ldapsearch -Q -LLL -o ldif-wrap=no -Y EXTERNAL -H ldapi:/// "
                         f"-b {dn(person)} -s base {name}")  # fmt: skip
    return re.findall(rf"^{name}: (.*)$", said, re.M)


def replicated(lab: Lab) -> None:
    """Wait until every host with a directory has what the provider has."""
    ask = (f"ldapsearch -Q -LLL -o ldif-wrap=no -Y EXTERNAL -H ldapi:/// -b {TOP} -s base "
           "contextCSN")  # fmt: skip
    wanted = lab.ssh("dir1", ask)
    until = time.monotonic() + 10
    for host in ("access1", "store1", "store2"):
        while lab.ssh(host, ask) != wanted:
            assert time.monotonic() < until, host
            time.sleep(0.1)


def test_a_person_changes_their_own_password(centre: Lab, workstation: Workstation) -> None:
    """At the access host; the old one is refused at every door and host at once."""
    old = centre.passwords[PERSON]
    assert CHANGED == workstation.change(PERSON, old, OWN)
    began = time.monotonic()
    mail = workstation.mail
    assert mail.reads(NAME, OWN)
    assert mail.sends(NAME, OWN)
    assert time.monotonic() - began < 5
    assert not mail.reads(NAME, old)
    assert not mail.sends(NAME, old)
    assert workstation.binds(PERSON, OWN)
    assert not workstation.binds(PERSON, old)
    for host in ("dir1", "access1", "store1", "store2"):
        assert [True, False] == [bound(centre, host, PERSON, word) for word in (OWN, old)], host
    assert REFUSED == workstation.change(PERSON, OWN, "Song-chu-2027"), "within the same minute"
    date(centre, PERSON, LONG_AGO)
    replicated(centre)
    assert REFUSED == workstation.change(PERSON, OWN, old), "it was used before"
    assert REFUSED == workstation.change(PERSON, OWN, OWN), "it is in use"


def documented(page: str) -> str:
    """Return the command by which a page has people change their password."""
    text = (CHECKOUT / "docs" / page).read_text(encoding="utf-8")
    (command,) = re.findall(r"(?m)^ldappasswd .*$", text)
    return str(command)


@pytest.mark.usefixtures("workstation")
def test_the_documented_command_changes_a_password(centre: Lab) -> None:
    """As it is written, on a workstation that trusts the authority; both pages have the same.

    A workstation that does not is refused by the name of the cause.
    """
    command = documented("own-password.md")
    assert documented("doi-mat-khau.md") == command
    known, own = state.recorded(centre.folder), centre.passwords[DELEGATE]
    assert known is not None
    client = known.host("client")
    answers = [("Old password: ", own), ("Re-enter old password: ", own), ("New password: ", OWN),
               ("Re-enter new password: ", OWN), ("Enter LDAP Password: ", own)]  # fmt: skip

    def typed(line: str) -> terminal.Shown:
        argv = remote.command(known, client, [line], "-tt")
        return terminal.run(argv, CHECKOUT, os.environ, [(q, f"{a}\n") for q, a in answers])

    stranger = typed(f"LDAPTLS_CACERT=/etc/hostname {command}")
    assert "Can't contact LDAP server" in "\n".join(stranger.lines)
    done = typed(command)
    assert 0 == done.code, done.lines
    assert bound(centre, "access1", DELEGATE, OWN)
    assert not bound(centre, "access1", DELEGATE, own)


def test_what_is_no_password_is_refused(centre: Lab, workstation: Workstation) -> None:
    """Each rule with its reason, which the access host keeps for itself; nothing is changed."""
    own = centre.passwords[DELEGATE]
    named = {}
    for word, reason in NO_PASSWORDS.items():
        assert REFUSED == workstation.change(DELEGATE, own, word), word
        said = centre.ssh(
            "dir1",
            f"ldappasswd -x -H ldapi:/// -e ppolicy -D {dn(DELEGATE)} -w {shlex.quote(own)} "
            f"-a {shlex.quote(own)} -s {shlex.quote(word)} 2>&1 || true",
        )
        found = refusal(said)
        assert found, said
        assert reason in str(found.what), (word, said)
        named[found.text] = word
    # Those about earlier passwords are in the test above.
    assert {each.text for each in REFUSALS[:-2]} == named.keys()
    assert workstation.binds(DELEGATE, own)
    assert CHANGED == workstation.change(DELEGATE, own, OWN)


def test_nobody_changes_anything_else(centre: Lab, workstation: Workstation) -> None:
    """Neither another's password nor another attribute, nor with an open session alone."""
    own, other = centre.passwords[PERSON], centre.passwords[HEAD]
    assert UNWILLING == workstation.change(PERSON, own, OWN, of=dn(HEAD))
    said = workstation.run("ldappasswd", "-D", dn(PERSON), dn(HEAD), y=own, t=other, T=OWN)
    assert f"({UNWILLING})" in said, said
    said = workstation.run("ldappasswd", "-D", dn(PERSON), y=own, T=OWN)
    assert f"({DENIED})" in said, said
    said = workstation.run("ldappasswd", "-D", dn(PERSON), y=own, t="wrong", T=OWN)
    assert f"({UNWILLING})" in said, said
    hash_ = json.loads((centre.folder / "first_passwords.json").read_text())[HEAD]
    changes = [
        f"replace: userPassword\nuserPassword: {hash_}",
        f"delete: userPassword\nuserPassword: {own}\n-\nadd: userPassword\nuserPassword: {hash_}",
        "delete: userPassword",
        *(f"replace: {name}\n{name}: {value}" for name, value in (
            ("mailHost", "store2.thanhhoa.gov.vn"), ("hopthuState", "active"), ("cn", "X"),
            ("pwdReset", "FALSE"), ("hopthuPasswordUntil", "20300101000000Z"),
            ("authzTo", f"dn.exact:cn=root,{TOP}"), ("pwdEndTime", "20300101000000Z"),
            ("pwdPolicySubentry", f"cn=x,{TOP}"))),
    ]  # fmt: skip
    for person in (PERSON, HEAD):
        for change in changes:
            ldif = f"dn: {dn(person)}\nchangetype: modify\n{change}\n"
            said = workstation.modifies(PERSON, own, ldif)
            assert "code: 0" not in said, (change, said)
    said = workstation.modifies(
        PERSON, own, f"dn: {dn(HEAD)}\nchangetype: modify\ndelete: pwdAccountLockedTime\n"
    )
    assert "code: 0" not in said, said
    said = workstation.run("ldapsearch", "-LLL", "-b", TOP, "-D", dn(PERSON),
                           f"(|(uid={HEAD})(cn=access)(cn=replica))", "*", "+", y=own)  # fmt: skip
    assert f"dn: {dn(HEAD)}" in said
    for hidden in ("userPassword", "pwdHistory", "authzTo", "pwdChangedTime", "cn=replica"):
        assert hidden not in said, said
    assert [True, True] == [workstation.binds(PERSON, own), workstation.binds(HEAD, other)]


def test_who_may_not_sign_in_changes_no_password(centre: Lab, workstation: Workstation) -> None:
    """Locked people are refused at the door, and by the provider though somebody lets them in."""
    known = centre.passwords[PERSON]
    modify(centre, PERSON, "replace: hopthuState\nhopthuState: locked")
    try:
        replicated(centre)
        assert INVALID == workstation.change(PERSON, known, OWN)
        said = as_host(centre, "access1", dn(PERSON), "ldappasswd", f"-a {known} -s {OWN}")
        assert f"({UNWILLING})" in said, said
    finally:
        modify(centre, PERSON, "replace: hopthuState\nhopthuState: active")
    assert f"dn:{dn(PERSON)}" in as_host(centre, "access1", dn(PERSON), "ldapwhoami")
    for host, name in (
        ("store1", dn(PERSON)),
        ("access1", f"cn=root,{TOP}"),
        ("access1", f"cn=slapd,{TOP}"),
        ("access1", f"cn=replica,{TOP}"),
        ("access1", f"ou=people,{TOP}"),
        ("access1", f"cn=phone,{dn(PERSON)}"),
    ):
        said = as_host(centre, host, name, "ldapwhoami")
        assert "not authorized to assume identity" in said, (host, name, said)


def as_host(lab: Lab, host: str, name: str, program: str, arguments: str = "") -> str:
    """Ask the provider with the certificate of a host, on behalf of the entry `name`."""
    known = state.recorded(lab.folder)
    assert known is not None
    keys = "LDAPTLS_CACERT=$t/ca.pem LDAPTLS_CERT=$t/host.pem LDAPTLS_KEY=$t/host.key"
    address = known.host("dir1").address
    return lab.ssh(
        host,
        f"t={TLS}; {keys} {program} -Q -Y EXTERNAL -H ldaps://{address} "
        f"-e '!authzid=dn:{name}' {arguments} 2>&1 || true",
    )


def test_an_issued_password_is_replaced_until_its_deadline_and_not_after(
    centre: Lab, workstation: Workstation, tmp_path: Path
) -> None:
    """Nothing of the deadline is left for whoever has replaced it; nothing works for others."""
    replaced = issue(centre, PERSON, BASIS, tmp_path / "replaced")
    kept = issue(centre, HEAD, OF_UNIT, tmp_path / "kept")
    replicated(centre)
    for person in (PERSON, HEAD):
        ((dated,), (until,)) = (
            attribute(centre, "access1", person, name)
            for name in ("pwdChangedTime", "hopthuPasswordUntil")
        )
        assert {"pwdChangedTime": (dated,)} == dated_back(parsed_time(until), max_age(Policy()))
    assert workstation.binds(HEAD, kept)
    assert CHANGED == workstation.change(PERSON, replaced, OWN)
    assert [] == attribute(centre, "dir1", PERSON, "pwdReset")
    (changed,) = attribute(centre, "dir1", PERSON, "pwdChangedTime")
    assert datetime.now(UTC) - parsed_time(changed) < timedelta(minutes=2)
    # The deadline of both was a second ago.
    over = datetime.now(UTC) - timedelta(seconds=1)
    for person in (PERSON, HEAD):
        text = f"replace: hopthuPasswordUntil\nhopthuPasswordUntil: {generalized(over)}"
        modify(centre, person, text)
    date(centre, HEAD, dated_back(over, max_age(Policy()))["pwdChangedTime"][0])
    replicated(centre)
    mail = workstation.mail
    assert [True] * 3 == [
        mail.reads(NAME, OWN), mail.sends(NAME, OWN), workstation.binds(PERSON, OWN),
    ]  # fmt: skip
    assert [False] * 3 == [
        mail.reads(HEAD_NAME, kept), mail.sends(HEAD_NAME, kept), workstation.binds(HEAD, kept),
    ]  # fmt: skip
    assert INVALID == workstation.change(HEAD, kept, OWN)


def test_guesses_lock_that_account_there_and_nobody_else(
    centre: Lab, workstation: Workstation
) -> None:
    """For a quarter of an hour; no other host counts them, and a neighbour signs in."""
    own = centre.passwords[PERSON]
    for number in range(Policy().limits.failed_sign_ins):
        assert INVALID == workstation.change(PERSON, f"guess{number}", OWN)
    assert not workstation.binds(PERSON, own)
    assert not workstation.mail.reads(NAME, own)
    (locked,) = attribute(centre, "access1", PERSON, "pwdAccountLockedTime")
    assert abs(datetime.now(UTC) - parsed_time(locked)) < timedelta(minutes=2)
    policy = centre.ssh("access1", "ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:/// "
                                   f"-b cn=sign-in,{TOP} pwdLockoutDuration")  # fmt: skip
    assert f"pwdLockoutDuration: {LOCKOUT_SECONDS}\n" in policy
    for host in ("dir1", "store1", "store2"):
        assert [] == attribute(centre, host, PERSON, "pwdFailureTime"), host
        assert bound(centre, host, PERSON, own)
    assert workstation.binds(HEAD, centre.passwords[HEAD])
    assert workstation.mail.reads(HEAD_NAME, centre.passwords[HEAD])


def test_guesses_reach_access_hosts_alone(centre: Lab, workstation: Workstation) -> None:
    """So as many are possible as there are access hosts, twelve each in a quarter of an hour."""
    known = workstation.known
    reached = f"{known.host('access1').address}:993"
    tries = " ".join(
        f"{known.host(host).address}:{port}"
        for host in ("dir1", "store1", "store2") for port in (389, 636, 993, 4190, 465, 587)
    )  # fmt: skip
    # All at once: a filtered port does not answer, so each takes the whole two seconds.
    line = (
        f"for at in {reached} {tries}; do "
        '(timeout 2 bash -c "</dev/tcp/${at%:*}/${at#*:}" 2>/dev/null && echo $at) & done; wait'
    )
    for host in ("client", "internet"):
        assert f"{reached}\n" == centre.ssh(host, line), host


def test_who_signs_in_is_not_idle(centre: Lab, workstation: Workstation) -> None:
    """The access host dates sign-ins, by itself; nobody is listed in the first days of a lab."""
    assert workstation.mail.reads(NAME, centre.passwords[PERSON])
    assert attribute(centre, "access1", PERSON, "authTimestamp")
    assert [] == attribute(centre, "dir1", PERSON, "authTimestamp")
    listed = json.loads(centre.hopthu("credential", "idle", "lab", "--format", "json").stdout)
    assert {"idle_days": 180, "idle": []} == listed


@pytest.mark.parametrize("host", ["access1", "dir1"])
def test_nothing_is_compared_and_no_password_has_an_option(
    centre: Lab, workstation: Workstation, host: str
) -> None:
    """A refused compare of one attribute would end slapd; what has an option is not judged."""
    pid = centre.ssh(host, "systemctl show -P MainPID slapd")
    if host == "access1":
        own = centre.passwords[DELEGATE]
        compared = workstation.run("ldapcompare", "-D", dn(DELEGATE), dn(HEAD),
                                   "hasSubordinates:FALSE", y=own)  # fmt: skip
        assert f"({UNWILLING})" in compared or "code: 53" in compared, compared
    else:
        compared = centre.ssh(host, f"ldapcompare -Q -Y EXTERNAL -H ldapi:/// {dn(HEAD)} "
                                    "hasSubordinates:FALSE 2>&1; echo code: $?")  # fmt: skip
        assert "code: 53" in compared, compared
    for option in ("lang-aa", "lang-vi-x-search"):
        ldif = (
            f"dn: {dn(DELEGATE)}\nchangetype: modify\nadd: userPassword;{option}\n"
            f"userPassword;{option}: x\n"
        )
        modified = "ldapmodify -Q -Y EXTERNAL -H ldapi:/// 2>&1; echo code: $?"
        said = centre.ssh(host, f"printf %s {shlex.quote(ldif)} | {modified}")
        assert "code: 0" not in said, said
    assert workstation.binds(HEAD, centre.passwords[HEAD])
    assert pid == centre.ssh(host, "systemctl show -P MainPID slapd")


TRIES = 13
"""Wrong passwords, one more than the policy allows."""


@pytest.fixture
def shown(centre: Lab) -> Iterator[Callable[[], Any]]:
    """Ask the servers about a person; they have the lab's own password before and after."""

    def ask() -> Any:
        asked = centre.hopthu("show", PERSON, "--live", "lab", "--format", "json")
        return json.loads(asked.stdout)["live"]

    as_before(centre, PERSON)
    yield ask
    as_before(centre, PERSON)


def test_sign_ins_sessions_and_quota_are_told(centre: Lab, shown: Callable[[], Any]) -> None:
    """While a program is signed in, and after a wrong password."""
    with in_network_of(centre) as (known, context):
        programs = Sessions(known, context)
        assert not programs.reads(NAME, "wrong")
        with programs.imap() as imap:
            imap.login(f"{NAME}@{DOMAIN}", centre.passwords[PERSON])
            found = shown()
    assert found["can_sign_in"], found
    assert found["sessions"] >= 1
    assert found["last_read"]
    assert found["last_refused"] <= found["last_read"]
    assert 0 <= found["quota_used"] < found["quota_limit"]
    assert {"active"} == {host["state"] for host in found["hosts"].values()}
    text = centre.hopthu("show", PERSON, "--live", "lab", "--lang", "vi").stdout
    assert "đăng nhập được" in text


def test_it_says_who_was_locked_by_wrong_passwords(centre: Lab, shown: Callable[[], Any]) -> None:
    """On the host that counted them, until the lock ends."""
    bind = f"ldapwhoami -x -H ldapi:/// -D uid={PERSON},ou=people,dc=thanhhoa,dc=gov,dc=vn -w wrong"
    centre.ssh("access1", f"for _ in $(seq {TRIES}); do {bind} 2>/dev/null || true; done")
    found = shown()
    assert not found["can_sign_in"]
    assert "too many wrong passwords: access1 refuses until" in found["why"]


def test_an_overdue_password_is_told(
    centre: Lab, shown: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """None, then issued, then overdue."""
    modify(centre, PERSON, "replace: userPassword")
    assert "`hopthu credential issue`" in shown()["why"]
    folder = tmp_path_factory.mktemp("slips")
    centre.hopthu("credential", "issue", PERSON, "--basis", BASIS, "--slips", str(folder), "lab")
    issued = shown()
    assert issued["can_sign_in"]
    assert all(host["issued_until"] for host in issued["hosts"].values())
    modify(centre, PERSON, "replace: hopthuPasswordUntil\nhopthuPasswordUntil: 20260101000000Z")
    assert "was not replaced by" in shown()["why"]


def test_a_host_that_does_not_answer_is_named(centre: Lab) -> None:
    """The others are asked all the same; the exit code says that something is missing."""
    known = state.recorded(centre.folder)
    assert known is not None
    power.link_down(known, "store2")
    try:
        done = centre.hopthu("show", PERSON, "--live", "lab", expect=4)
    finally:
        power.link_up(known, "store2")
    assert "store2 does not answer" in done.stdout
    assert "sign-in works" in done.stdout
    assert "some servers do not answer: store2" in done.stderr
