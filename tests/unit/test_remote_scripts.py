"""The scripts that keep, restore and journal, run on this machine in a folder of their own."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from hopthu import remote

FIRST, SECOND = "20261125T031948Z-1a2b3c4", "20261126T080000Z-5d6e7f8"


@dataclass(frozen=True)
class Machine:
    """A host's root for the scripts: its state, and what its daemons were told."""

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
        told = command or f"echo {name} >>{self.root}/told"
        (self.state / "activate" / name).write_text(f"{told}\n")

    def keep(self, record: str, *sets: str, **env: str) -> tuple[int, str, str]:
        """Keep what is there as a record."""
        return self.run("keep.sh", record, *sets, stdin=json.dumps({"id": record}), **env)

    @property
    def told(self) -> list[str]:
        """Which daemons were told to take their files up, in order."""
        path = self.root / "told"
        return path.read_text().split() if path.exists() else []

    def tree(self) -> dict[str, tuple[str, int]]:
        """Every file of the daemons, with its content and mode."""
        files = (p for p in self.root.rglob("*") if p.is_file() and self.state not in p.parents)
        return {
            str(p.relative_to(self.root)): (p.read_text(), p.stat().st_mode & 0o7777)
            for p in files
            if p.name != "told"
        }


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A host that holds two sets, kept as FIRST."""
    made = Machine(tmp_path)
    made.hold("tls", {"etc/tls/host.pem": "one"})
    made.hold("postfix", {"etc/postfix/main.cf": "a = 1\n", "etc/postfix/master.cf": "smtp\n"})
    assert (0, "", "") == made.keep(FIRST, "tls", "postfix")
    return made


def test_record_holds_everything_and_is_deployed(machine: Machine) -> None:
    """Files, lists, commands, digests; the symlink leads to it; nothing is under way."""
    record = machine.state / "records" / FIRST
    assert record == (machine.state / "deployed").resolve()
    assert {"id": FIRST} == json.loads((record / "record.json").read_text())
    archive = next(record.glob("files.tar*")).name
    held = {"record.json", archive, "digests", "managed", "activate"}
    assert held == {path.name for path in record.iterdir()}
    assert 3 == len((record / "digests").read_text().splitlines())
    assert 0 == record.stat().st_mode & 0o077


def test_digests_are_those_of_each_file(machine: Machine) -> None:
    """Whatever it is called; of a link the digest is that of its file, the rest its own."""
    odd = machine.root / "etc" / "odd" / "-a \\ b"
    machine.hold("odd", {"etc/odd/-a \\ b": "odd\n", "etc/odd/z": "z\n"})
    link = machine.root / "etc" / "odd" / "link"
    link.symlink_to(odd)
    with (machine.state / "managed" / "odd").open("a") as paths:
        paths.write(f"{link}\n")
    assert 0 == machine.keep(SECOND, "odd")[0]
    said = (machine.state / "deployed" / "digests").read_text().splitlines()
    content = {odd: b"odd\n", link: b"odd\n", odd.with_name("z"): b"z\n"}
    found = [line.split(" ", 4) for line in said]
    assert {str(path): hashlib.sha256(text).hexdigest() for path, text in content.items()} == {
        path: digest for digest, *_, path in found
    }
    assert {str(odd): "640", str(link): "777", str(odd.with_name("z")): "640"} == {
        path: mode for _, mode, *_, path in found
    }


def test_baseline_is_what_the_commands_given_write(machine: Machine) -> None:
    """And commands that fail keep the record from being."""
    assert 0 == machine.keep(SECOND, "tls", HOPTHU_BASELINE="echo unit && echo file")[0]
    assert "unit\nfile\n" == (machine.state / "deployed" / "baseline").read_text()
    third = SECOND.replace("1126", "1127")
    assert 3 == machine.keep(third, "tls", HOPTHU_BASELINE="echo unit; exit 3")[0]
    assert SECOND == (machine.state / "deployed").resolve().name


def test_keeping_ends_what_was_under_way(machine: Machine) -> None:
    """Twice the same is fine; another record of the same id is not."""
    (machine.state / "applying").write_text("{}")
    assert 0 == machine.keep(FIRST, "tls", "postfix")[0]
    assert not (machine.state / "applying").exists()
    code, _, said = machine.run("keep.sh", FIRST, stdin="{}")
    assert (1, f"another record has the id {FIRST} already\n") == (code, said)


def test_a_managed_file_that_is_gone_is_no_complete_record(machine: Machine) -> None:
    """The record before stays the deployed one."""
    gone = machine.root / "etc/postfix/main.cf"
    gone.unlink()
    code, _, said = machine.keep(SECOND, "postfix")
    assert (1, f"{gone} is managed, but it is not there\n") == (code, said)
    assert FIRST == (machine.state / "deployed").resolve().name


def test_twenty_records_are_kept(machine: Machine) -> None:
    """The oldest go, never the deployed one."""
    ids = [f"202612{day:02}T000000Z-1a2b3c4" for day in range(1, 23)]
    for each in ids:
        assert 0 == machine.keep(each, "tls")[0]
    assert ids[-20:] == sorted(path.name for path in (machine.state / "records").iterdir())


def test_an_id_names_a_folder_of_its_own(machine: Machine) -> None:
    """It never leads elsewhere."""
    assert 1 == machine.keep("../../etc", "tls")[0]


def test_restore_puts_back_files_modes_lists_and_commands(machine: Machine) -> None:
    """What the record does not have goes; only sets that differ are told."""
    before = machine.tree()
    machine.hold("postfix", {"etc/postfix/main.cf": "a = 2\n", "etc/postfix/new": "x"}, "false")
    (machine.root / "etc/postfix/master.cf").unlink()
    assert (0, "postfix: 2 file(s) put back, 1 removed\n", "") == machine.run(
        "restore.sh", "last", "tls", "postfix"
    )
    assert before == machine.tree()
    assert ["postfix"] == machine.told
    kept = machine.state / "records" / FIRST
    for folder in ("managed", "activate"):
        now = (machine.state / folder / "postfix").read_text()
        assert (kept / folder / "postfix").read_text() == now
    assert not (machine.state / "pending" / "postfix").exists()


def test_restore_puts_back_a_mode_alone(machine: Machine) -> None:
    """The content is the same, who may read it is not."""
    (machine.root / "etc/tls/host.pem").chmod(0o644)
    assert "tls: 1 file(s) put back, 0 removed\n" == machine.run("restore.sh", FIRST, "tls")[1]
    assert 0o640 == (machine.root / "etc/tls/host.pem").stat().st_mode & 0o7777


def test_restoring_what_is_there_tells_nobody(machine: Machine) -> None:
    """And says nothing; sets of other roles leave no trace."""
    assert (0, "", "") == machine.run("restore.sh", "last", "tls", "dovecot", "postfix")
    assert [] == machine.told
    assert ["postfix", "tls"] == sorted(p.name for p in (machine.state / "managed").iterdir())


def test_daemons_are_told_in_the_order_given(machine: Machine) -> None:
    """Certificates before those who read them, whatever the alphabet says."""
    for path in ("etc/tls/host.pem", "etc/postfix/main.cf"):
        (machine.root / path).write_text("edited")
    machine.run("restore.sh", "last", "tls", "postfix")
    assert ["tls", "postfix"] == machine.told


def test_a_set_the_record_does_not_have_loses_its_files(machine: Machine) -> None:
    """Its daemon is told by the command of today; that it cannot is told, and no failure."""
    machine.hold("units", {"etc/systemd/x.conf": "[Service]"})
    machine.hold("new", {"etc/new.conf": "x"}, "echo no configuration; exit 1")
    code, said, wrong = machine.run("restore.sh", "last", "units", "new")
    assert (0, "") == (code, wrong)
    assert (
        "units: 0 file(s) put back, 1 removed\n"
        "new: not in the record; its daemon says: no configuration\n"
        "new: 0 file(s) put back, 1 removed\n"
    ) == said
    assert ["units"] == machine.told
    assert not (machine.root / "etc/new.conf").exists()


def test_one_that_cannot_be_told_does_not_keep_others_from_it(machine: Machine) -> None:
    """It ends with 1 and the daemon's own words, and is told again by the next restore."""
    record = machine.state / "records" / FIRST / "activate" / "tls"
    record.write_text("[ -e /nonexistent ] || { echo no such key; exit 1; }\n")
    for path in ("etc/tls/host.pem", "etc/postfix/main.cf"):
        (machine.root / path).write_text("edited")
    code, said, wrong = machine.run("restore.sh", "last", "tls", "postfix")
    assert (1, "postfix: 1 file(s) put back, 0 removed\n") == (code, said)
    assert "tls: its files are back, but they were not taken up: no such key\n" == wrong
    record.write_text(f"echo tls >>{machine.root}/told\n")
    assert "tls: 0 file(s) put back, 0 removed\n" == machine.run("restore.sh", "last", "tls")[1]
    assert ["postfix", "tls"] == machine.told


def test_one_set_that_cannot_be_put_back_does_not_keep_others_from_it(machine: Machine) -> None:
    """A folder stands where a file should."""
    for path in ("etc/tls/host.pem", "etc/postfix/main.cf"):
        (machine.root / path).unlink()
    (machine.root / "etc/tls/host.pem/in").mkdir(parents=True)
    code, said, wrong = machine.run("restore.sh", "last", "tls", "postfix")
    assert (1, "postfix: 1 file(s) put back, 0 removed\n") == (code, said)
    assert "tls: its files could not be put back\n" in wrong


def test_a_daemon_that_never_answers_is_given_up(machine: Machine) -> None:
    """Else the host would hang between old and new."""
    machine.hold("postfix", {"etc/postfix/main.cf": "x"})
    (machine.state / "records" / FIRST / "activate" / "postfix").write_text("sleep 60\n")
    code, _, wrong = machine.run("restore.sh", "last", "postfix", HOPTHU_LONGEST="0.2")
    assert (1, "postfix: its files are back, but they were not taken up: \n") == (code, wrong)


@pytest.mark.parametrize(
    ("asked", "said"),
    [("last", "this host has no record yet\n"), (SECOND, f"this host has no record {SECOND}\n")],
)
def test_without_the_record_nothing_is_touched(tmp_path: Path, asked: str, said: str) -> None:
    """Exit 7: the host never took a change completely, or not that one."""
    bare = Machine(tmp_path)
    bare.hold("tls", {"etc/tls/host.pem": "one"})
    assert (7, "", said) == bare.run("restore.sh", asked, "tls")
    assert {"etc/tls/host.pem": ("one", 0o640)} == bare.tree()


def test_restore_leaves_on_record_what_was_under_way(machine: Machine) -> None:
    """Files are not all there is to put back: lease.sh says when it is over."""
    (machine.state / "applying").write_text("{}")
    machine.run("restore.sh", "last", "tls")
    assert (machine.state / "applying").exists()


def test_killed_anywhere_the_next_restore_finishes(machine: Machine) -> None:
    """Each command that changes something is the last one once; then it is run again."""
    before = machine.tree()
    script = remote.script("restore.sh")
    points = [n for n, line in enumerate(script.splitlines()) if _changes(line)]
    assert len(points) > 8
    for point in points:
        machine.hold("postfix", {"etc/postfix/main.cf": "a = 2\n", "etc/postfix/new": "x"})
        (machine.root / "told").unlink(missing_ok=True)
        lines = script.splitlines()
        lines[point] = f"kill -KILL $$ $BASHPID; {lines[point].lstrip()}"
        argv = ["bash", "-c", "\n".join(lines), "restore.sh", "last", "postfix"]
        env = {**os.environ, "HOPTHU_STATE": str(machine.state)}
        subprocess.run(argv, env=env, capture_output=True, check=False)
        assert 0 == machine.run("restore.sh", "last", "postfix")[0], lines[point]
        assert before == machine.tree(), lines[point]
        assert machine.told, lines[point]


def _changes(line: str) -> bool:
    return line.strip().startswith(("cp ", "mv ", "rm ", "cat ", ": >"))


def test_leftovers_of_a_broken_apply_go(machine: Machine) -> None:
    """Files it had put beside the live ones."""
    left = machine.root / "etc/postfix/main.cf.hopthu-new"
    left.write_text("half")
    machine.run("restore.sh", "last", "postfix")
    assert not left.exists()


def test_looking_changes_nothing(machine: Machine) -> None:
    """It tells each file that would be put back, and each that would go."""
    machine.hold("postfix", {"etc/postfix/main.cf": "a = 2\n", "etc/postfix/new": "x"})
    (machine.root / "etc/postfix/master.cf").unlink()
    before, folder = machine.tree(), machine.root / "etc/postfix"
    lines = (f"+ {folder}/main.cf", f"+ {folder}/master.cf", f"- {folder}/new")
    expected = "".join(f"postfix {line}\n" for line in lines)
    found = machine.run("restore.sh", "last", "tls", "postfix", HOPTHU_LOOK="yes")
    assert (0, expected, "") == found
    assert (before, []) == (machine.tree(), machine.told)
    assert not (machine.state / "staging").exists()


def test_tables_of_then_and_now(machine: Machine) -> None:
    """Who moved to another store, who is new, who is gone."""
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


def test_a_host_tells_what_it_has_on_record(machine: Machine) -> None:
    """The deployed one; with `all` the others too, the newest first."""
    third = SECOND.replace("1126", "1127")
    for each in (SECOND, third):
        machine.keep(each, "tls")
    text = f'deployed {{"id": "{third}"}}\n'
    assert (0, text, "") == machine.run("held.sh")
    older = "".join(f'record {{"id": "{each}"}}\n' for each in (SECOND, FIRST))
    assert (0, text + older, "") == machine.run("held.sh", "all")


def test_a_host_tells_an_apply_under_way_from_one_that_broke_off(machine: Machine) -> None:
    """Whoever changes it holds its lock."""
    (machine.state / "applying").write_text('{"id": "x"}\n')
    assert machine.run("held.sh")[1].startswith('unfinished {"id": "x"}\n')
    lock = ["flock", str(machine.state / "lock"), "sh", "-c", "echo held; cat"]
    with subprocess.Popen(lock, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert b"held\n" == holder.stdout.readline()
        assert machine.run("held.sh")[1].startswith('running {"id": "x"}\n')


def test_a_host_that_was_never_applied_to_has_nothing_on_record(tmp_path: Path) -> None:
    """Nor does asking leave anything there."""
    assert (0, "", "") == Machine(tmp_path).run("held.sh", "all")
    assert [] == [*tmp_path.iterdir()]


def test_scripts_are_clean() -> None:
    """As shellcheck sees them: every script that runs on a host."""
    scripts = sorted(map(str, Path(remote.__file__).parent.glob("*.sh")))
    assert len(scripts) > 20
    program = str(Path(sys.executable).with_name("shellcheck"))
    done = subprocess.run([program, *scripts], capture_output=True, text=True, check=False)
    assert "" == done.stdout
