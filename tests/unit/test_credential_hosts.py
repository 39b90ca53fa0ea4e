"""What hosts do with passwords, by the scripts that run there; programs of a host are stand-ins."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hopthu.cli import main
from hopthu.credentials.issued import Issued
from hopthu.credentials.servers import WITH, WITHOUT, Done, Servers
from hopthu.desired.state import Mailbox
from hopthu.errors import HostFailed
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.remote import CALL
from hopthu.remote.host import passwords, sessions
from hopthu.ssh import Outcome, Target
from host_calls import Answer, answer, asked

UNTIL = datetime(2026, 12, 1, tzinfo=UTC)
TOP, POSITION = "dc=example,dc=vn", "20261127064002.100000Z#000000#000#000000"


class Machine:
    """A host whose programs write their arguments into `called`, and answer as told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "bin"
        self.programs.mkdir()

    def has(self, name: str, body: str) -> None:
        """Put a program there."""
        path = self.programs / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>{self.folder}/called\n{body}\n')
        path.chmod(0o755)

    def answer(self, function: Callable[..., object], *arguments: object, **options: Any) -> Answer:
        """Call what runs on hosts."""
        path = f"{self.programs}:{os.environ['PATH']}"
        return answer(function, *arguments, env={"PATH": path}, **options)

    @property
    def called(self) -> list[str]:
        """What was called, in order."""
        return (self.folder / "called").read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.has("ldapsearch", f"echo 'dn: {TOP}'; echo 'contextCSN: {POSITION}'")
    return made


def test_who_has_a_password_is_told_without_a_hash(machine: Machine) -> None:
    """Only ids are asked for."""
    machine.has(
        "ldapsearch",
        '[[ "$*" == *userPassword* ]] && echo "uid: an" || printf "uid: an\\n\\nuid: hoa\\n"',
    )
    done = machine.answer(passwords.sign_ins, TOP)
    assert Answer(0, {"active": ["an", "hoa"], "having": ["an"]}, "") == done
    assert all(call.endswith(" uid") for call in machine.called)


def test_a_directory_that_does_not_answer_is_no_directory_without_passwords(
    machine: Machine,
) -> None:
    """Else everybody would be given one."""
    machine.has("ldapsearch", "exit 1")
    assert 0 != machine.answer(passwords.sign_ins, TOP).code


def test_passwords_pass_on_standard_input(machine: Machine) -> None:
    """The arguments of programs are for everybody to see."""
    machine.has(
        "ldapmodify", f"cat >{machine.folder}/given; echo 'modifying entry \"a\"'; echo; "
        "echo 'modifying entry \"b\"'",
    )  # fmt: skip
    done = machine.answer(passwords.change, TOP, WITHOUT, "userPassword: {ARGON2}$hash\n")
    assert {"number": 2, "refusal": "", "position": POSITION} == done.result
    assert "userPassword: {ARGON2}$hash\n" == (machine.folder / "given").read_text()
    assert not any("hash" in call for call in machine.called)
    assert machine.called[0].endswith(f"-e !assert={WITHOUT}")


def test_it_is_told_how_many_were_set_before_a_refusal(machine: Machine) -> None:
    """The entry that is named last is the one that was refused."""
    machine.has(
        "ldapmodify",
        "echo 'modifying entry \"a\"'; echo 'modifying entry \"b\"'; "
        "echo 'ldap_modify: Assertion failed (122)' >&2; exit 122",
    )
    done = machine.answer(passwords.change, TOP, WITHOUT, "")
    expected = 'modifying entry "b" ldap_modify: Assertion failed (122)'
    assert {"number": 1, "refusal": expected, "position": POSITION} == done.result


WHO = """
if [[ "$*" == *who* ]]; then
    echo "username	#	service	(pids)	(ips)"
    [ -e {0}/kicked ] || echo "an	1	imap	(7)	(10.0.0.1)"
elif [[ "$*" == kick* ]]; then
    touch {0}/kicked
fi
"""


def test_a_store_forgets_and_ends_sessions(machine: Machine) -> None:
    """And looks again: a session may have been opening."""
    machine.has("doveadm", WHO.format(machine.folder))
    machine.has("pkill", "exit 1")
    done = machine.answer(sessions.end, TOP, POSITION, "an", access=False)
    assert Answer(0, None, "") == done
    calls = [call for call in machine.called if call.startswith("doveadm")]
    assert [
        "doveadm auth cache flush an", "doveadm -f tab who an", "doveadm kick an",
        "doveadm -f tab who an", "doveadm -f tab who an",
    ] == calls  # fmt: skip
    assert not any(call.startswith("pkill") for call in machine.called)


def test_an_access_host_ends_submission_as_well(machine: Machine) -> None:
    """That nobody is sending is no failure; port 25 is not touched.

    What was counted of the person and of their addresses is forgotten.
    """
    machine.has("doveadm", WHO.format(machine.folder))
    machine.has("pkill", "exit 1")
    machine.has("postmap", r"printf 'hoa@a.vn\thoa\nannv@a.vn\tan\n'")
    counts = (
        "hopthu:outside:600:an", "hopthu:inside:86400:annv@a.vn", "hopthu:refused:an",
        "hopthu:outside:600:hoa", "hopthu:refused:an-2", "hopthu:vacation:hoa@a.vn:annv@a.vn",
    )  # fmt: skip
    machine.has("valkey-cli", f'[[ "$*" != *--scan* ]] || printf "%s\\n" {" ".join(counts)}')
    assert 0 == machine.answer(sessions.end, TOP, POSITION, "an", access=True).code
    assert "pkill -TERM -f ^smtpd -n submissions? " in machine.called
    asked = [call for call in machine.called if call.startswith("valkey-cli ")]
    assert 2 == len(asked), "once through all keys, whatever their number, and once to delete"
    assert list(counts[:3]) == asked[1].rpartition(" del ")[2].split()


def test_a_host_that_lacks_the_new_password_is_told(machine: Machine) -> None:
    """There the old one works still; nothing is ended there, since it could be opened again."""
    machine.has("doveadm", "exit 1")
    newer = POSITION.replace("06", "07")
    done = machine.answer(sessions.end, TOP, newer, "an", access=False, patience=0)
    assert 1 == done.code
    assert "does not have the new password yet: the old one still works" in done.errors
    assert not any(call.startswith("doveadm") for call in machine.called)


class Hosts:
    """Stands for SSH: answers as told, and keeps what it was given."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome, self.asked = outcome, list[tuple[str, str, bytes]]()

    def run(
        self,
        target: Target,
        script: str,
        *,
        stdin: bytes = b"",
        timeout: float = 60,  # noqa: ARG002
    ) -> Outcome:
        """Note a script and give the answer."""
        self.asked.append((target.name, script, stdin))
        return self.outcome

    def output(
        self, target: Target, script: str, *, stdin: bytes = b"", timeout: float = 60
    ) -> str:
        """Note a script and give the output."""
        return self.run(target, script, stdin=stdin, timeout=timeout).out


def servers(outcome: Outcome) -> tuple[Servers, Hosts]:
    hosts = (
        Host("access1", "a.example.vn", "10.0.0.1", frozenset({"access"})),
        Host("dir1", "d.example.vn", "10.0.0.2", frozenset({"directory"})),
        Host("edge1", "e.example.vn", "10.0.0.3", frozenset({"edge"})),
        Host("store1", "s.example.vn", "10.0.0.4", frozenset({"store"})),
    )
    fake: Any = Hosts(outcome)
    data = {host.name: {"ssh_hostname": host.address} for host in hosts}
    inventory = Inventory(Path("x.py"), Centre("x", hosts), data, {})
    return Servers(fake, inventory, "example.vn", timedelta(days=100)), fake


ISSUED = Issued(
    Mailbox("an", "personal", "Nguyễn An", ("an",), "active", "s", 1, "u", "U"),
    "bahu23-muka36-mavu78-tuho35", "{ARGON2}$hash",
)  # fmt: skip


def test_the_provider_alone_is_given_hashes() -> None:
    """Never a password, and neither in a command."""
    said = {"number": 1, "refusal": "", "position": POSITION}
    centre, ssh = servers(Outcome(0, json.dumps(said), ""))
    assert Done(1, POSITION, "") == centre.set([ISSUED], UNTIL, WITH)
    ((host, script, stdin),) = ssh.asked
    *_, (_, filter_, ldif), _ = asked(stdin)
    assert ("dir1", CALL, f"(&(hopthuState=active){WITH})") == (host, script, filter_)
    assert "userPassword: {ARGON2}$hash" in ldif
    assert ISSUED.password not in ldif


def test_the_provider_is_told_the_deadline() -> None:
    """By the date of the password: at the deadline it is as old as a password may be."""
    centre, ssh = servers(Outcome(0, "null", ""))
    centre.date([ISSUED], datetime(2026, 12, 1, tzinfo=UTC))
    ((host, _, stdin),) = ssh.asked
    assert "dir1" == host
    (ldif,) = asked(stdin)[2]
    assert "pwdChangedTime: 20260823000000Z\n" in ldif
    assert "hash" not in ldif


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (122, 0), (50, 1)])
def test_who_has_replaced_a_password_meanwhile_keeps_the_date(
    machine: Machine, code: int, expected: int
) -> None:
    """Theirs is not an issued one any more, and the others are dated all the same."""
    machine.has("ldapmodify", f"exit {code}")
    assert expected == machine.answer(passwords.date, "x").code
    assert "-c " in machine.called[0]
    assert machine.called[0].endswith("-e !relax -e !assert=(pwdReset=TRUE)")


@pytest.mark.parametrize(
    "outcome", [Outcome(255, "", "broken pipe"), Outcome(0, '{"number": 1', "")]
)
def test_half_an_answer_is_none(outcome: Outcome) -> None:
    """Nobody knows then what was set; it is said so."""
    centre, _ = servers(outcome)
    with pytest.raises(HostFailed, match="it is not known which passwords were set: dir1: "):
        centre.set([ISSUED], UNTIL, WITH)


def test_sessions_end_on_every_store_and_access_host() -> None:
    """Each is told which of both it is."""
    centre, ssh = servers(Outcome(0, "null", ""))
    centre.end_sessions("an", POSITION)
    told = sorted((host, asked(stdin)[-1]) for host, _, stdin in ssh.asked)
    assert [("access1", {"access": True}), ("store1", {"access": False})] == told


BASIS = ("--basis", "cv-1029-snv-2020", "lab")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("issue", "le-van-bay", *BASIS), 3, "passwords are shown on a terminal only"),
        (("reset", "le-van-bay", *BASIS), 3, "passwords are shown on a terminal only"),
        (("issue", *BASIS), 2, "name people, or --unit, or --new"),
        (("issue", "le-van-bay", "--new", *BASIS), 2, "name people, or --unit, or --new"),
        (("issue", "le-van-bay", "lab"), 2, "Missing option '--basis'"),
        (("client", "le-van-bay", "--label", "PC", *BASIS), 3, "shown on a terminal only"),
        (("client", "le-van-bay", *BASIS), 2, "Missing option '--label'"),
        (("client", "le-van-bay", "--label", " ", *BASIS), 2, "is no label"),
        (("client", "le-van-bay", "--label", "a\nb\x07", *BASIS), 2, "is no label"),
        (("client", "le-van-bay", "--label", "x" * 41, *BASIS), 2, "is no label"),
        (("revoke", "le-van-bay", *BASIS), 2, "name client passwords with --label"),
        (("revoke", "le-van-bay", "--all", "--label", "PC", *BASIS), 2, "with --label, or all"),
        (("revoke", "le-van-bay", "--all", "lab"), 2, "Missing option '--basis'"),
    ],
)
def test_what_is_refused_before_any_host_is_asked(
    arguments: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Output that goes into a file or a log is no terminal."""
    monkeypatch.setattr("hopthu.app.credentials.conceal", lambda: None)
    assert code == main(["credential", *arguments])
    assert said in capsys.readouterr().err
