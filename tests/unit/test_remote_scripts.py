"""The scripts that record, restore and journal, run on this machine in a folder."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hopthu import remote
from hopthu.remote.host.records import records
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

    def run(self, name: str, *arguments: str, stdin: str = "", **env: str) -> tuple[int, str, str]:
        """Run a script as the lease does; return its exit code and what it wrote."""
        done = subprocess.run(
            ["bash", "-c", remote.script(name), name, *arguments],
            input=stdin,
            env={**os.environ, "HOPTHU_STATE": str(self.state), **env},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

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

    def keep(self, record: str, *sets: str, **env: str) -> tuple[int, str, str]:
        """Keep what is there as a record."""
        return self.run("keep.sh", record, *sets, stdin=json.dumps({"id": record}), **env)

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
def machine(tmp_path: Path) -> Machine:
    """A host that holds two sets, kept as FIRST."""
    made = Machine(tmp_path)
    made.hold("tls", {"etc/tls/host.pem": "one"})
    made.hold("postfix", {"etc/postfix/main.cf": "a = 1\n", "etc/postfix/master.cf": "smtp\n"})
    assert (0, "", "") == made.keep(FIRST, "tls", "postfix")
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


def test_digests_of_files(machine: Machine) -> None:
    """Whatever the name; for a link the digest is that of its target, mode and owner its own."""
    odd = machine.root / "etc" / "odd" / "-a \\ b"
    machine.hold("odd", {"etc/odd/-a \\ b": "odd\n", "etc/odd/z": "z\n"})
    link = machine.root / "etc" / "odd" / "link"
    link.symlink_to(odd)
    with (machine.state / "managed" / "odd").open("a") as paths:
        paths.write(f"{link}\n")
    assert 0 == machine.keep(SECOND, "odd")[0]
    output = (machine.state / "deployed" / "digests").read_text().splitlines()
    content = {odd: b"odd\n", link: b"odd\n", odd.with_name("z"): b"z\n"}
    found = [line.split(" ", 4) for line in output]
    assert {str(path): hashlib.sha256(text).hexdigest() for path, text in content.items()} == {
        path: digest for digest, *_, path in found
    }
    assert {str(odd): "640", str(link): "777", str(odd.with_name("z")): "640"} == {
        path: mode for _, mode, *_, path in found
    }


def test_baseline_is_the_output_of_the_given_commands(machine: Machine) -> None:
    """If they fail there is no record."""
    assert 0 == machine.keep(SECOND, "tls", HOPTHU_BASELINE="echo unit && echo file")[0]
    assert "unit\nfile\n" == (machine.state / "deployed" / "baseline").read_text()
    third = SECOND.replace("1126", "1127")
    assert 3 == machine.keep(third, "tls", HOPTHU_BASELINE="echo unit; exit 3")[0]
    assert SECOND == (machine.state / "deployed").resolve().name


def test_record_ends_the_run_in_progress(machine: Machine) -> None:
    """The same record twice is fine; another record with the same id is not."""
    (machine.state / "applying").write_text("{}")
    assert 0 == machine.keep(FIRST, "tls", "postfix")[0]
    assert not (machine.state / "applying").exists()
    code, _, output = machine.run("keep.sh", FIRST, stdin="{}")
    assert (1, f"another record already has the id {FIRST}\n") == (code, output)


def test_missing_managed_file_prevents_the_record(machine: Machine) -> None:
    """The earlier record stays deployed."""
    gone = machine.root / "etc/postfix/main.cf"
    gone.unlink()
    code, _, output = machine.keep(SECOND, "postfix")
    assert (1, f"{gone} is managed, but missing\n") == (code, output)
    assert FIRST == (machine.state / "deployed").resolve().name


@pytest.mark.slow
def test_twenty_records_are_kept(machine: Machine) -> None:
    """The oldest are removed, never the deployed one."""
    ids = [f"202612{day:02}T000000Z-1a2b3c4" for day in range(1, 23)]
    for each in ids:
        assert 0 == machine.keep(each, "tls")[0]
    assert ids[-20:] == sorted(path.name for path in (machine.state / "records").iterdir())


def test_id_cannot_name_another_folder(machine: Machine) -> None:
    """It never leads elsewhere."""
    assert 1 == machine.keep("../../etc", "tls")[0]


def test_restore_restores_files_modes_lists_and_commands(machine: Machine) -> None:
    """Files that the record lacks are removed; only changed sets are loaded."""
    before = machine.tree()
    machine.hold("postfix", {"etc/postfix/main.cf": "a = 2\n", "etc/postfix/new": "x"}, "false")
    (machine.root / "etc/postfix/master.cf").unlink()
    assert (0, "postfix: files restored: 2, removed: 1\n", "") == machine.run(
        "restore.sh", "last", "tls", "postfix"
    )
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
    assert "tls: files restored: 1, removed: 0\n" == machine.run("restore.sh", FIRST, "tls")[1]
    assert 0o640 == (machine.root / "etc/tls/host.pem").stat().st_mode & 0o7777


def test_restore_without_changes_loads_nothing(machine: Machine) -> None:
    """And prints nothing; sets of other roles leave no trace."""
    assert (0, "", "") == machine.run("restore.sh", "last", "tls", "dovecot", "postfix")
    assert [] == machine.loaded
    assert ["postfix", "tls"] == sorted(p.name for p in (machine.state / "managed").iterdir())


def test_sets_are_loaded_in_the_given_order(machine: Machine) -> None:
    """Certificates before their users, regardless of the alphabet."""
    for path in ("etc/tls/host.pem", "etc/postfix/main.cf"):
        (machine.root / path).write_text("edited")
    machine.run("restore.sh", "last", "tls", "postfix")
    assert ["tls", "postfix"] == machine.loaded


def test_set_that_the_record_lacks_is_removed(machine: Machine) -> None:
    """Its present command runs; its failure is printed, but not an error."""
    machine.hold("units", {"etc/systemd/x.conf": "[Service]"})
    machine.hold("new", {"etc/new.conf": "x"}, "echo no configuration; exit 1")
    code, output, errors = machine.run("restore.sh", "last", "units", "new")
    assert (0, "") == (code, errors)
    assert (
        "units: files restored: 0, removed: 1\n"
        "new: not in the record; output of its daemon: no configuration\n"
        "new: files restored: 0, removed: 1\n"
    ) == output
    assert ["units"] == machine.loaded
    assert not (machine.root / "etc/new.conf").exists()


def test_one_failed_daemon_does_not_block_others(machine: Machine) -> None:
    """The exit code is 1, with the daemon's output; the next restore tries again."""
    record = machine.state / "records" / FIRST / "activate" / "tls"
    record.write_text("[ -e /nonexistent ] || { echo no such key; exit 1; }\n")
    for path in ("etc/tls/host.pem", "etc/postfix/main.cf"):
        (machine.root / path).write_text("edited")
    code, output, errors = machine.run("restore.sh", "last", "tls", "postfix")
    assert (1, "postfix: files restored: 1, removed: 0\n") == (code, output)
    assert "tls: the files were restored, but the daemon did not load them: no such key\n" == errors
    record.write_text(f"echo tls >>{machine.root}/loaded\n")
    assert "tls: files restored: 0, removed: 0\n" == machine.run("restore.sh", "last", "tls")[1]
    assert ["postfix", "tls"] == machine.loaded


def test_one_failed_set_does_not_block_others(machine: Machine) -> None:
    """There is a folder in place of a file."""
    for path in ("etc/tls/host.pem", "etc/postfix/main.cf"):
        (machine.root / path).unlink()
    (machine.root / "etc/tls/host.pem/in").mkdir(parents=True)
    code, output, errors = machine.run("restore.sh", "last", "tls", "postfix")
    assert (1, "postfix: files restored: 1, removed: 0\n") == (code, output)
    assert "tls: the files could not be restored\n" in errors


def test_hanging_daemon_times_out(machine: Machine) -> None:
    """Otherwise the host would hang between old and new."""
    machine.hold("postfix", {"etc/postfix/main.cf": "x"})
    (machine.state / "records" / FIRST / "activate" / "postfix").write_text("sleep 60\n")
    code, _, errors = machine.run("restore.sh", "last", "postfix", HOPTHU_LONGEST="0.2")
    assert (1, "postfix: the files were restored, but the daemon did not load them: \n") == (
        code,
        errors,
    )


@pytest.mark.parametrize(
    ("argument", "output"),
    [("last", "this host has no record yet\n"), (SECOND, f"this host has no record {SECOND}\n")],
)
def test_without_the_record_nothing_is_touched(tmp_path: Path, argument: str, output: str) -> None:
    """Exit 7: the host never completed a change, or not this one."""
    bare = Machine(tmp_path)
    bare.hold("tls", {"etc/tls/host.pem": "one"})
    assert (7, "", output) == bare.run("restore.sh", argument, "tls")
    assert {"etc/tls/host.pem": ("one", 0o640)} == bare.tree()


def test_restore_keeps_the_run_in_progress(machine: Machine) -> None:
    """Files are not all there is to restore; lease.sh removes it at the end."""
    (machine.state / "applying").write_text("{}")
    machine.run("restore.sh", "last", "tls")
    assert (machine.state / "applying").exists()


@pytest.mark.slow
def test_restore_can_be_killed_and_repeated(machine: Machine) -> None:
    """At each command that changes something."""
    before = machine.tree()
    script = remote.script("restore.sh")
    points = [n for n, line in enumerate(script.splitlines()) if _changes(line)]
    assert len(points) > 8
    for point in points:
        machine.hold("postfix", {"etc/postfix/main.cf": "a = 2\n", "etc/postfix/new": "x"})
        (machine.root / "loaded").unlink(missing_ok=True)
        lines = script.splitlines()
        lines[point] = f"kill -KILL $$ $BASHPID; {lines[point].lstrip()}"
        argv = ["bash", "-c", "\n".join(lines), "restore.sh", "last", "postfix"]
        env = {**os.environ, "HOPTHU_STATE": str(machine.state)}
        subprocess.run(argv, env=env, capture_output=True, check=False)
        assert 0 == machine.run("restore.sh", "last", "postfix")[0], lines[point]
        assert before == machine.tree(), lines[point]
        assert machine.loaded, lines[point]


def _changes(line: str) -> bool:
    return line.strip().startswith(("cp ", "mv ", "rm ", "cat ", ": >"))


def test_leftovers_of_an_interrupted_apply_are_removed(machine: Machine) -> None:
    """Files it wrote beside the live ones."""
    left = machine.root / "etc/postfix/main.cf.hopthu-new"
    left.write_text("half")
    machine.run("restore.sh", "last", "postfix")
    assert not left.exists()


def test_preview_changes_nothing(machine: Machine) -> None:
    """It prints each file that would be restored or removed."""
    machine.hold("postfix", {"etc/postfix/main.cf": "a = 2\n", "etc/postfix/new": "x"})
    (machine.root / "etc/postfix/master.cf").unlink()
    before, folder = machine.tree(), machine.root / "etc/postfix"
    lines = (f"+ {folder}/main.cf", f"+ {folder}/master.cf", f"- {folder}/new")
    expected = "".join(f"postfix {line}\n" for line in lines)
    found = machine.run("restore.sh", "last", "tls", "postfix", HOPTHU_LOOK="yes")
    assert (0, expected, "") == found
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

    assert (0, "", "") == machine.run("compare-tables.sh", FIRST, str(folder))
    tables({"an": "one", "binh": "one", "chi": "two"})
    assert (0, "", "") == machine.run("compare-tables.sh", FIRST, str(folder))
    machine.keep(SECOND, "tables")
    assert (0, "", "") == machine.run("compare-tables.sh", SECOND, str(folder))
    tables({"an": "one", "chi": "one", "dung": "two"})
    expected = "moved chi@x.vn\nnew dung@x.vn\ngone binh@x.vn\n"
    assert (0, expected, "") == machine.run("compare-tables.sh", SECOND, str(folder))


def test_host_prints_its_records(machine: Machine) -> None:
    """The deployed one; with `all` the others too, the newest first."""
    third = SECOND.replace("1126", "1127")
    for each in (SECOND, third):
        machine.keep(each, "tls")
    expected = {"deployed": json.dumps({"id": third}) + "\n", "applying": "", "broken": False}
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
    nothing = {"deployed": "", "applying": "", "broken": False, "older": []}
    assert Answer(0, nothing, "") == Machine(tmp_path).answer(records, older=True)
    assert [] == [*tmp_path.iterdir()]


DOVECONF = """case "$*" in
userdb) printf 'userdb people {\\n  ldap_base = x\\n}\\n\\nuserdb units {\\n}\\n' ;;
*default_internal_user) echo dovecot ;;
*ldap_base) echo "ou=$(basename "$(dirname "$2")"),dc=x" ;;
*ldap_filter) echo '(&(state=live)(|(uid=%{user})(address=%{user})))' ;;
esac"""
FOUND = """case "$*" in
*"ou=people,dc=x (&(state=live)(|(uid=*)(address=*))) uid mailHost")
    printf 'dn: uid=an\\nuid: an\\nmailHost: s1.vn\\n\\n'
    printf 'dn: uid=b\\nmailHost: s2.vn\\nuid: b\\n\\n' ;;
*ou=units,dc=x*) exit UNITS ;;
*) exit 1 ;;
esac"""


@pytest.mark.parametrize(
    ("units", "expected"), [("0", (0, "an s1.vn\nb s2.vn\n")), ("32", (32, "an s1.vn\nb s2.vn\n"))]
)
def test_mailboxes_that_a_store_finds(
    tmp_path: Path, units: str, expected: tuple[int, str]
) -> None:
    """By Dovecot's own bases and filters; a search that fails is not one that finds nobody."""
    programs = {"doveconf": DOVECONF, "ldapsearch": FOUND.replace("UNITS", units),
                "runuser": 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"'}  # fmt: skip
    for name, body in programs.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    machine = Machine(tmp_path)
    done = machine.run("found-mailboxes.sh", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert expected == done[:2]


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


def test_scripts_are_clean() -> None:
    """As shellcheck sees them: every script that runs on a host."""
    scripts = sorted(map(str, Path(remote.__file__).parent.glob("*.sh")))
    assert len(scripts) > 20
    program = str(Path(sys.executable).with_name("shellcheck"))
    done = subprocess.run([program, *scripts], capture_output=True, text=True, check=False)
    assert "" == done.stdout
