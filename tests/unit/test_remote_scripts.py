"""The scripts that record, restore and journal, run on this machine in a folder."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from hopthu.remote.host import mailboxes
from hopthu.remote.host.files import facts, managed_paths, paths_in, read_plain
from hopthu.remote.host.keep import keep
from hopthu.remote.host.records import records
from hopthu.remote.host.restore import NoRecord, preview, restore
from hopthu.remote.host.state import Failed
from hopthu.remote.host.tables import compared
from host_calls import Answer, answer

CHECKOUT = Path(__file__).resolve().parents[2]
FIRST, SECOND = "20261125T031948Z-1a2b3c4", "20261126T080000Z-5d6e7f8"


@dataclass(frozen=True)
class Machine:
    """A host's root for the scripts: its state, and what its daemons loaded."""

    root: Path

    @property
    def state(self) -> Path:
        """What stands for /var/lib/hopthu."""
        return self.root / "state"

    def answer(self, function: Callable[..., object], *arguments: object, **options: Any) -> Answer:
        """Call what runs on hosts."""
        return answer(function, *arguments, env={"HOPTHU_STATE": str(self.state)}, **options)

    def hold(self, name: str, files: dict[str, str], command: str = "") -> None:
        """Have the files of a set, as an apply leaves them."""
        paths = [self.root / path for path in files]
        for path, content in zip(paths, files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
            path.chmod(0o640)
        for folder in ("managed", "activate"):
            (self.state / folder).mkdir(parents=True, exist_ok=True)
        (self.state / "managed" / name).write_text("".join(f"{path}\n" for path in sorted(paths)))
        activate = command or f"echo {name} >>{self.root}/loaded"
        (self.state / "activate" / name).write_text(f"{activate}\n")

    def files(self, *sets: str) -> dict[str, str]:
        """Return the facts of the files of some sets, by path."""
        return {path: facts(path) for path in managed_paths(sets)}

    def keep(self, record: str, *sets: str) -> None:
        """Keep what is there as a record."""
        keep(record, json.dumps({"id": record}), sets, self.files(*sets))

    @property
    def loaded(self) -> list[str]:
        """Return the sets whose daemons loaded their files, in order."""
        path = self.root / "loaded"
        return path.read_text().split() if path.exists() else []

    def tree(self) -> dict[str, tuple[str, int]]:
        """Every file of the daemons, with its content and mode."""
        files = (p for p in self.root.rglob("*") if p.is_file() and self.state not in p.parents)
        return {
            str(p.relative_to(self.root)): (p.read_text(), p.stat().st_mode & 0o7777)
            for p in files
            if p.name != "loaded"
        }


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A host that holds two sets, kept as FIRST."""
    made = Machine(tmp_path)
    monkeypatch.setenv("HOPTHU_STATE", str(made.state))
    made.hold("tls", {"etc/tls/host.pem": "one"})
    made.hold("postfix", {"etc/postfix/main.cf": "a = 1\n", "etc/postfix/master.cf": "smtp\n"})
    made.keep(FIRST, "tls", "postfix")
    return made


def test_record_is_complete_and_deployed(machine: Machine) -> None:
    """Files, lists, commands, digests; the symlink points to it; nothing is in progress."""
    record = machine.state / "records" / FIRST
    assert record == (machine.state / "deployed").resolve()
    assert {"id": FIRST} == json.loads((record / "record.json").read_text())
    archive = next(record.glob("files.tar*")).name
    names = {"record.json", archive, "digests", "managed", "activate"}
    assert names == {path.name for path in record.iterdir()}
    assert 3 == len((record / "digests").read_text().splitlines())
    assert 0 == record.stat().st_mode & 0o077


def test_what_a_daemon_put_in_place_of_a_file_is_not_read(machine: Machine) -> None:
    """Its folder is its own: reading might never end."""
    path = machine.root / "etc/tls/host.pem"
    path.unlink()
    os.mkfifo(path)
    assert facts(str(path)).startswith("special ")
    path.unlink()
    path.symlink_to("/dev/zero")
    assert facts(str(path)).startswith("special ")
    path.unlink()
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert facts(str(path)).startswith("large ")
    with pytest.raises(Failed, match=r"host\.pem is larger than any of ours"):
        read_plain(path)
    with pytest.raises(Failed, match="not as this run meant it"):
        keep("2", "{}", ["tls"], {str(path): "x"})


def test_digests_of_files(machine: Machine) -> None:
    """Whatever the name; for a link the digest is that of its target, mode and owner its own."""
    odd = machine.root / "etc" / "odd" / "-a \\ b"
    machine.hold("odd", {"etc/odd/-a \\ b": "odd\n", "etc/odd/z": "z\n"})
    link = machine.root / "etc" / "odd" / "link"
    link.symlink_to(odd)
    with (machine.state / "managed" / "odd").open("a") as paths:
        paths.write(f"{link}\n")
    machine.keep(SECOND, "odd")
    output = (machine.state / "deployed" / "digests").read_text().splitlines()
    content = {odd: b"odd\n", link: b"odd\n", odd.with_name("z"): b"z\n"}
    found = [line.split(" ", 4) for line in output]
    assert {str(path): hashlib.sha256(text).hexdigest() for path, text in content.items()} == {
        path: digest for digest, *_, path in found
    }
    assert {str(odd): "640", str(link): "777", str(odd.with_name("z")): "640"} == {
        path: mode for _, mode, *_, path in found
    }


def test_baseline_is_what_was_found(machine: Machine) -> None:
    """If that fails there is no record."""
    keep(SECOND, "{}", ["tls"], machine.files("tls"), lambda: ["unit", "file"])
    assert "unit\nfile\n" == (machine.state / "deployed" / "baseline").read_text()

    def fails() -> list[str]:
        raise Failed("no table")

    with pytest.raises(Failed, match="no table"):
        keep(SECOND.replace("1126", "1127"), "{}", ["tls"], machine.files("tls"), fails)
    assert SECOND == (machine.state / "deployed").resolve().name


def test_record_ends_the_run_in_progress(machine: Machine) -> None:
    """The same record twice is fine; another record with the same id is not."""
    (machine.state / "applying").write_text("{}")
    machine.keep(FIRST, "tls", "postfix")
    assert not (machine.state / "applying").exists()
    with pytest.raises(Failed, match=f"^another record already has the id {FIRST}$"):
        keep(FIRST, "{}", [], {})


@pytest.mark.parametrize("change", [Path.unlink, lambda path: path.chmod(0o644)])
def test_file_that_is_not_as_it_was_meant_prevents_the_record(
    machine: Machine, change: Callable[[Path], None]
) -> None:
    """What somebody else did to it meanwhile is not adopted; the earlier record stays deployed."""
    meant = machine.files("postfix")
    path = machine.root / "etc/postfix/main.cf"
    change(path)
    with pytest.raises(Failed, match=f"^not as this run meant it: {path}$"):
        keep(SECOND, "{}", ["postfix"], meant)
    assert FIRST == (machine.state / "deployed").resolve().name


def test_twenty_records_are_kept(machine: Machine) -> None:
    """The oldest are removed, never the deployed one."""
    ids = [f"202612{day:02}T000000Z-1a2b3c4" for day in range(1, 23)]
    for each in ids:
        machine.keep(each, "tls")
    assert ids[-20:] == sorted(path.name for path in (machine.state / "records").iterdir())


def test_id_cannot_name_another_folder(machine: Machine) -> None:
    """It never leads elsewhere."""
    with pytest.raises(Failed, match="not a valid record id"):
        machine.keep("../../etc", "tls")


def test_restore_restores_files_modes_lists_and_commands(machine: Machine) -> None:
    """Files that the record lacks are removed; only changed sets are loaded."""
    before = machine.tree()
    machine.hold("postfix", {"etc/postfix/main.cf": "a = 2\n", "etc/postfix/new": "x"}, "false")
    (machine.root / "etc/postfix/master.cf").unlink()
    assert ["postfix: files restored: 2, removed: 1"] == restore("", ["tls", "postfix"])
    assert before == machine.tree()
    assert ["postfix"] == machine.loaded
    kept = machine.state / "records" / FIRST
    for folder in ("managed", "activate"):
        now = (machine.state / folder / "postfix").read_text()
        assert (kept / folder / "postfix").read_text() == now
    assert not (machine.state / "pending" / "postfix").exists()


def test_restore_restores_a_mode(machine: Machine) -> None:
    """The content is the same, but not who may read it."""
    (machine.root / "etc/tls/host.pem").chmod(0o644)
    assert ["tls: files restored: 1, removed: 0"] == restore(FIRST, ["tls"])
    assert 0o640 == (machine.root / "etc/tls/host.pem").stat().st_mode & 0o7777


def test_restore_without_changes_loads_nothing(machine: Machine) -> None:
    """And prints nothing; sets of other roles leave no trace."""
    assert [] == restore("", ["tls", "dovecot", "postfix"])
    assert [] == machine.loaded
    assert ["postfix", "tls"] == sorted(p.name for p in (machine.state / "managed").iterdir())


def test_sets_are_loaded_in_the_given_order(machine: Machine) -> None:
    """Certificates before their users, regardless of the alphabet."""
    for path in ("etc/tls/host.pem", "etc/postfix/main.cf"):
        (machine.root / path).write_text("edited")
    restore("", ["tls", "postfix"])
    assert ["tls", "postfix"] == machine.loaded


def test_set_that_the_record_lacks_is_removed(machine: Machine) -> None:
    """Its present command runs; its failure is printed, but not an error."""
    machine.hold("units", {"etc/systemd/x.conf": "[Service]"})
    machine.hold("new", {"etc/new.conf": "x"}, "echo no configuration; exit 1")
    assert [
        "units: files restored: 0, removed: 1",
        "new: not in the record; output of its daemon: no configuration",
        "new: files restored: 0, removed: 1",
    ] == restore("", ["units", "new"])
    assert ["units"] == machine.loaded
    assert not (machine.root / "etc/new.conf").exists()


SYSTEMCTL = """#!/bin/sh
# Units that run are files here.
cd "{units}"
case $3 in list-*)
    verb=$3; while [ "$1" != -- ]; do shift; done; shift
    printf '['; comma=
    for each in "$@"; do
        state=dead; boot=disabled; [ ! -e $each ] || {{ state=running; boot=enabled; }}
        case $verb in
        list-units) printf '%s{{"unit": "%s", "sub": "%s"}}' "$comma" $each $state ;;
        *) printf '%s{{"unit_file": "%s", "state": "%s"}}' "$comma" $each $boot ;;
        esac
        comma=,
    done
    printf ']'; exit ;;
esac
case $1 in
enable) shift 3; touch "$@" ;;
disable) shift 3; rm "$@" ;;
esac
"""


@pytest.fixture
def units(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of units that run: those that FIRST has, and one that it lacks."""
    running = machine.root / "units"
    (machine.root / "bin").mkdir()
    running.mkdir()
    program = machine.root / "bin" / "systemctl"
    program.write_text(SYSTEMCTL.format(units=running))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    (machine.state / "kept-units").write_text("a.service\nb.timer\n")
    machine.keep(SECOND, "tls", "postfix")
    (machine.state / "kept-units").write_text("b.timer\nnew.service\n")
    for name in ("b.timer", "new.service", "stranger.service"):
        (running / name).touch()
    return running


AS_KEPT = ["a.service", "b.timer", "stranger.service"]


def test_units_run_as_in_the_record(machine: Machine, units: Path) -> None:
    """Those that it lacks are stopped, though their set's command starts them again."""
    machine.hold("new", {"etc/new.conf": "x"}, f"touch {units}/new.service")
    assert ["+ a.service", "- new.service"] == preview("", ["tls"])["services"]
    restore("", ["tls", "postfix", "new"])
    assert AS_KEPT == sorted(each.name for each in units.iterdir())
    assert ["a.service", "b.timer"] == paths_in(machine.state / "kept-units")
    assert {} == preview("", ["tls", "postfix", "new"])


def test_a_record_that_knows_no_units_leaves_them(machine: Machine, units: Path) -> None:
    """It is of an earlier version."""
    restore(FIRST, ["tls"])
    assert ["b.timer", "new.service", "stranger.service"] == sorted(p.name for p in units.iterdir())
    assert ["b.timer", "new.service"] == paths_in(machine.state / "kept-units")


@pytest.mark.slow
def test_units_can_be_killed_and_repeated(machine: Machine, units: Path) -> None:
    """The list never lacks what runs because of hopthu."""
    for point in count():
        (machine.state / "kept-units").write_text("b.timer\nnew.service\n")
        (units / "a.service").unlink(missing_ok=True)
        (units / "new.service").touch()
        if not killed(machine, "restore.restore('', ['postfix'])", point):
            break
        assert {each.name for each in units.iterdir()} - {"stranger.service"} <= {
            *paths_in(machine.state / "kept-units")
        }, point
        restore("", ["postfix"])
        assert AS_KEPT == sorted(each.name for each in units.iterdir()), point
    assert point > 5
    assert AS_KEPT == sorted(each.name for each in units.iterdir())


def test_one_failed_daemon_does_not_block_others(machine: Machine) -> None:
    """It is an error, with the daemon's output; the next restore tries again."""
    record = machine.state / "records" / FIRST / "activate" / "tls"
    record.write_text("[ -e /nonexistent ] || { echo no such key; exit 1; }\n")
    for path in ("etc/tls/host.pem", "etc/postfix/main.cf"):
        (machine.root / path).write_text("edited")
    with pytest.raises(Failed) as caught:
        restore("", ["tls", "postfix"])
    assert (
        "postfix: files restored: 1, removed: 0\n"
        "tls: the files were restored, but the daemon did not load them: no such key"
    ) == str(caught.value)
    record.write_text(f"echo tls >>{machine.root}/loaded\n")
    assert ["tls: files restored: 0, removed: 0"] == restore("", ["tls"])
    assert ["postfix", "tls"] == machine.loaded


def test_one_failed_set_does_not_block_others(machine: Machine) -> None:
    """There is a folder in place of a file."""
    for path in ("etc/tls/host.pem", "etc/postfix/main.cf"):
        (machine.root / path).unlink()
    (machine.root / "etc/tls/host.pem/in").mkdir(parents=True)
    with pytest.raises(Failed) as caught:
        restore("", ["tls", "postfix"])
    done, failed = str(caught.value).splitlines()
    assert "postfix: files restored: 1, removed: 0" == done
    assert failed.startswith("tls: the files could not be restored: ")


def test_hanging_daemon_times_out(machine: Machine) -> None:
    """Otherwise the host would hang between old and new."""
    machine.hold("postfix", {"etc/postfix/main.cf": "x"})
    (machine.state / "records" / FIRST / "activate" / "postfix").write_text("sleep 60\n")
    with pytest.raises(Failed, match="postfix: the files were restored, but the daemon"):
        restore("", ["postfix"], longest=0.2)


@pytest.mark.parametrize(
    ("record", "reason"),
    [("", "this host has no record yet"), (SECOND, f"this host has no record {SECOND}")],
)
def test_without_the_record_nothing_is_touched(
    tmp_path: Path, record: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host never completed a change, or not this one."""
    bare = Machine(tmp_path)
    monkeypatch.setenv("HOPTHU_STATE", str(bare.state))
    bare.hold("tls", {"etc/tls/host.pem": "one"})
    with pytest.raises(NoRecord, match=f"^{reason}$"):
        restore(record, ["tls"])
    assert {"etc/tls/host.pem": ("one", 0o640)} == bare.tree()


def test_restore_keeps_the_run_in_progress(machine: Machine) -> None:
    """Files are not all there is to restore; the lease removes it at the end."""
    (machine.state / "applying").write_text("{}")
    restore("", ["tls"])
    assert (machine.state / "applying").exists()


KILLED = """
import os, sys
from hopthu.remote.host import keep, restore
left = int(sys.argv[1])

def count(event, arguments):
    global left
    writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if writes or event in {{
        "os.mkdir", "os.rename", "os.remove", "os.symlink", "os.rmdir", "os.chmod", "os.utime",
        "subprocess.Popen", "os.truncate",
    }}:
        left -= 1
        if left < 0:
            os.kill(os.getpid(), 9)

sys.addaudithook(count)
{call}
"""
"""Dies before the given change of a file, or start of a program."""


def killed(machine: Machine, call: str, point: int) -> bool:
    """Make a call that is killed at a point; return whether it was, or had ended before that."""
    argv = [sys.executable, "-c", KILLED.format(call=call), str(point)]
    env = {**os.environ, "HOPTHU_STATE": str(machine.state), "PYTHONDONTWRITEBYTECODE": "1"}
    return -9 == subprocess.run(argv, env=env, capture_output=True, check=False).returncode


@pytest.mark.slow
def test_restore_can_be_killed_and_repeated(machine: Machine) -> None:
    """Before each change of a file and each start of a program."""
    before = machine.tree()
    for point in count():
        machine.hold("postfix", {"etc/postfix/main.cf": "a = 2\n", "etc/postfix/new": "x"})
        (machine.root / "loaded").unlink(missing_ok=True)
        if not killed(machine, "restore.restore('', ['postfix'])", point):
            break
        restore("", ["postfix"])
        assert before == machine.tree(), point
        assert machine.loaded, point
    assert point > 12
    assert before == machine.tree()


@pytest.mark.slow
def test_record_can_be_killed_and_repeated(machine: Machine) -> None:
    """The deployed record is always complete, and then the new one."""
    machine.hold("postfix", {"etc/postfix/main.cf": "a = 2\n"})
    for point in count():
        text, sets = json.dumps({"id": SECOND}), ["tls", "postfix"]
        if not killed(
            machine, f"keep.keep({SECOND!r}, {text!r}, {sets}, {machine.files(*sets)!r})", point
        ):
            break
        assert {} == preview("", ["tls"]), point
        machine.keep(SECOND, "tls", "postfix")
        assert {} == preview("", ["tls", "postfix"]), point
        machine.keep(FIRST, "tls")
        shutil.rmtree(machine.state / "records" / SECOND)
    assert point > 12


def test_leftovers_of_an_interrupted_apply_are_removed(machine: Machine) -> None:
    """Files it wrote beside the live ones."""
    left = machine.root / "etc/postfix/main.cf.hopthu-new"
    left.write_text("half")
    restore("", ["postfix"])
    assert not left.exists()


def test_preview_changes_nothing(machine: Machine) -> None:
    """It prints each file that would be restored or removed."""
    machine.hold("postfix", {"etc/postfix/main.cf": "a = 2\n", "etc/postfix/new": "x"})
    (machine.root / "etc/postfix/master.cf").unlink()
    before, folder = machine.tree(), machine.root / "etc/postfix"
    lines = [f"+ {folder}/main.cf", f"+ {folder}/master.cf", f"- {folder}/new"]
    assert {"postfix": lines} == preview("", ["tls", "postfix"])
    assert (before, []) == (machine.tree(), machine.loaded)
    assert not (machine.state / "staging").exists()


def test_tables_are_compared(machine: Machine) -> None:
    """Addresses that moved to another store, new ones, and removed ones."""
    folder = machine.root / "etc/postfix/hopthu"

    def tables(where: dict[str, str]) -> None:
        texts = {
            "mailboxes": "".join(f"{name}@x.vn\tid-{name}\n" for name in sorted(where)),
            "transport": "".join(f"{name}@x.vn\t{where[name]}\n" for name in sorted(where)),
        }
        machine.hold("tables", {f"etc/postfix/hopthu/{n}": text for n, text in texts.items()})

    assert {} == compared(FIRST, str(folder))
    tables({"an": "one", "binh": "one", "chi": "two"})
    assert {} == compared(FIRST, str(folder))
    machine.keep(SECOND, "tables")
    assert {} == compared(SECOND, str(folder))
    tables({"an": "one", "chi": "one", "dung": "two"})
    expected = {"moved": ["chi@x.vn"], "new": ["dung@x.vn"], "gone": ["binh@x.vn"]}
    assert expected == compared(SECOND, str(folder))


def test_host_prints_its_records(machine: Machine) -> None:
    """The deployed one; with `all` the others too, the newest first."""
    third = SECOND.replace("1126", "1127")
    for each in (SECOND, third):
        machine.keep(each, "tls")
    expected = {
        "deployed": json.dumps({"id": third}) + "\n",
        "applying": "",
        "broken": False,
        "last": "",
        "heads": [],
    }
    assert {**expected, "older": []} == machine.answer(records, older=False).result
    older = [json.dumps({"id": each}) + "\n" for each in (SECOND, FIRST)]
    assert {**expected, "older": older} == machine.answer(records, older=True).result


def test_host_distinguishes_running_and_interrupted_applies(machine: Machine) -> None:
    """Whoever changes it holds its lock."""
    (machine.state / "applying").write_text('{"id": "x"}\n')
    found = machine.answer(records, older=False).result
    assert ('{"id": "x"}\n', True) == (found["applying"], found["broken"])
    lock = ["flock", str(machine.state / "lock"), "sh", "-c", "echo locked; cat"]
    with subprocess.Popen(lock, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert b"locked\n" == holder.stdout.readline()
        found = machine.answer(records, older=False).result
        assert ('{"id": "x"}\n', False) == (found["applying"], found["broken"])


def test_new_host_has_no_records(tmp_path: Path) -> None:
    """And printing them creates nothing."""
    nothing = {
        "deployed": "",
        "applying": "",
        "broken": False,
        "older": [],
        "last": "",
        "heads": [],
    }
    assert Answer(0, nothing, "") == Machine(tmp_path).answer(records, older=True)
    assert [] == [*tmp_path.iterdir()]


DOVECONF = """case "$*" in
userdb)
    printf 'userdb people {\\n  ldap_base = x\\n}\\n\\nuserdb units {\\n}\\n'
    printf 'userdb readers {\\n}\\n' ;;
*readers/driver) echo passwd-file ;;
*driver) echo ldap ;;
*default_internal_user) echo dovecot ;;
*ldap_base) echo "ou=$(basename "$(dirname "$2")"),dc=x" ;;
*units/ldap_filter) echo '(state=any)' ;;
*ldap_filter) echo ;;
esac"""
FOUND = """case "$*" in
*"ou=people,dc=x (&(state=live)(|(uid=*)(address=*))) uid mailHost")
    printf 'dn: uid=an\\nuid: an\\nmailHost: s1.vn\\n\\n'
    printf 'dn: uid=b\\nmailHost: s2.vn\\nuid: b\\n\\n' ;;
*"ou=units,dc=x (state=any)"*) exit UNITS ;;
*) exit 1 ;;
esac"""


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ("0", Answer(0, [["an", "s1.vn"], ["b", "s2.vn"]], "")),
        ("32", Answer(1, None, "runuser: exit code 32\n")),
    ],
)
def test_mailboxes_that_a_store_finds(tmp_path: Path, units: str, expected: Answer) -> None:
    """By Dovecot's own bases and filters; a search that fails is not one that finds nobody.

    A base that has no filter of its own has that of all.
    """
    settings = tmp_path / "dovecot.conf"
    settings.write_text(
        "userdb_ldap_filter = (&(state=live)(|(uid=%{user})(address=%{user})))\n"
        "remote 10.0.0.9 {\n  userdb_ldap_filter = (|)\n}\n"
    )
    programs = {"doveconf": DOVECONF, "ldapsearch": FOUND.replace("UNITS", units),
                "runuser": 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"'}  # fmt: skip
    for name, body in programs.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    assert expected == answer(mailboxes.found, str(settings), env={"PATH": path})


LISTS_USERS = re.compile(
    r"doveadm\b(?:(?!doveadm)[^|;\n`])*? (?:-A\b|(?:-u|user) ['\"]?[^ '\"]*[*?])"
)


def test_nothing_lists_users_through_dovecot() -> None:
    """It can crash the authentication of 2.4.1: docs/decisions/stores-and-proxy.md."""
    found = [
        (path.relative_to(CHECKOUT), line)
        for folder in ("hopthu", "deploys", "lab", "templates", "docs")
        for path in (CHECKOUT / folder).rglob("*")
        if path.suffix in {".py", ".sh", ".j2", ".md"} and "decisions" not in path.parts
        for line in path.read_text(encoding="utf-8").splitlines()
        if LISTS_USERS.search(line)
    ]
    assert [] == found
    for line in ("doveadm user '*'", "doveadm expunge -A mailbox x", 'doveadm search -u "a*" ALL'):
        assert LISTS_USERS.search(line), line
    assert not LISTS_USERS.search("doveadm mailbox status -u an messages '*'")
