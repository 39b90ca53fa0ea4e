"""Filling an empty directory: what runs on hosts, here with programs that are functions."""

import base64
import gzip
import io
import os
import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from hopthu.operations import directory, replica
from hopthu.remote.host import fill, ldap
from hopthu.remote.host.state import Failed, run

BASE = "dc=tinh,dc=example"
POSITION = "contextCSN: 20261125035401.400480Z#000000#000#000000"

ON_THE_DISK = ("sync data.mdb", "sync ldap")
"""A new database is there after a loss of power, too: slapadd in quick mode leaves it to others."""


@dataclass(frozen=True)
class Machine:
    """A host whose programs are methods; a database is a text, its entries and the position."""

    root: Path
    patch: pytest.MonkeyPatch
    calls: list[str] = field(default_factory=list)

    @property
    def database(self) -> Path:
        """Where slapd keeps its entries."""
        return self.root / "ldap"

    def load(self, ldif: str) -> str:
        """Fill a provider; return why that failed."""
        return self._filled(lambda: fill.load(str(self.database)), gzip.compress(ldif.encode()))

    def copy(self, content: str, indexes: str) -> str:
        """Fill a replica; return why that failed."""
        return self._filled(lambda: fill.copy(str(self.database), indexes), content.encode())

    def _filled(self, call: Callable[[], None], content: bytes) -> str:
        self.patch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
        reason = ""
        try:
            call()
        except Failed as error:
            reason = str(error)
        assert not self.database.with_suffix(".new").exists()
        return reason

    def run(self, *argv: str, stdin: str | bytes = "", **_: object) -> SimpleNamespace:
        """Run a program: as slapd's user what writes where that user can put links."""
        as_slapd = ("runuser", "-u", "openldap", "--") == argv[:4]
        name, *words = argv[4:] if as_slapd else argv
        assert as_slapd == (name not in ("slapcat", "systemctl"))
        text = stdin.decode() if isinstance(stdin, bytes) else stdin
        return SimpleNamespace(stdout=getattr(self, f"_{name}")(words, text) or "")

    def output(self, *argv: str, stdin: str | bytes = "") -> str:
        """Return the output of a program."""
        text: str = self.run(*argv, stdin=stdin).stdout
        return text

    def _systemctl(self, words: list[str], _: str) -> None:
        self.calls.append(words[0])

    def _slapadd(self, words: list[str], ldif: str) -> None:
        _content(words[-1]).write_text(f"{ldif}{POSITION}\n" + 4096 * "\0")
        if "cut short" in ldif:
            raise Failed("slapadd: cut short")

    def _slapcat(self, words: list[str], _: str) -> str:
        return _content(words[1]).read_text().rstrip("\0")

    def _slapindex(self, *_: object) -> None:
        self.calls.append("indexed")

    def _mdb_stat(self, words: list[str], _: str) -> str:
        used = len(Path(words[1], "data.mdb").read_text().rstrip("\0"))
        return (
            f"Environment Info\n  Page size: 1\n  Max pages: 9999\n  Number of pages used: {used}\n"
        )

    def _sync(self, words: list[str], _: str) -> None:
        self.calls.append(f"sync {Path(words[0]).name}")

    def _truncate(self, words: list[str], _: str) -> None:
        os.truncate(words[1], int(words[0].removeprefix("--size=")))

    def _zstd(self, words: list[str], packed: str) -> None:
        self.calls.append("unpacked")
        Path(words[-1]).write_text(packed)

    def _mkdir(self, words: list[str], _: str) -> None:
        Path(words[-1]).mkdir()

    def _tee(self, words: list[str], text: str) -> None:
        Path(words[-1]).write_text(text)


def _content(configuration: str) -> Path:
    """Return the database of a configuration."""
    (folder,) = re.findall(r"^directory (.*)", Path(configuration).read_text(), re.MULTILINE)
    return Path(folder, "data.mdb")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A host whose slapd has just been started for the first time."""
    (tmp_path / "ldap").mkdir()
    (tmp_path / "ldap" / "data.mdb").touch()
    (tmp_path / "ldap" / "lock.mdb").touch()
    (tmp_path / "slapd.conf").write_text(f"suffix {BASE}\ndirectory {tmp_path}/ldap\n")
    (tmp_path / "openldap-indexes").write_text("abc\n")
    found = Machine(tmp_path, monkeypatch)
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path))
    monkeypatch.setattr(ldap, "CONFIGURATION", tmp_path / "slapd.conf")
    monkeypatch.setattr(fill, "run", found.run)
    monkeypatch.setattr(fill, "output", found.output)
    return found


def test_empty_provider_is_filled(machine: Machine) -> None:
    """By slapadd, beside the database of a slapd that is stopped until it is filled."""
    assert "" == machine.load("dn: x\n")
    # What slapadd makes is as large as the database may become.
    assert f"dn: x\n{POSITION}\n" == (machine.database / "data.mdb").read_text()
    assert not (machine.database / "lock.mdb").exists()
    assert ["stop", *ON_THE_DISK, "start"] == machine.calls


def test_provider_with_an_entry_is_left_alone(machine: Machine) -> None:
    """Existing entries, and their passwords, are never replaced."""
    (machine.database / "data.mdb").write_text("dn: somebody\n")
    assert "this directory is not empty; nothing was changed" == machine.load("dn: x\n")
    assert "dn: somebody\n" == (machine.database / "data.mdb").read_text()
    assert "stop" not in machine.calls


def test_a_directory_that_cannot_be_read_is_not_empty(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in it nobody knows: nothing is put in its place."""
    program = tmp_path / "slapcat"
    program.write_text("#!/bin/sh\necho broken >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(fill, "run", run)
    assert "slapcat: broken" == machine.load("dn: x\n")
    assert [] == [call for call in machine.calls if call != "start"]


def test_interrupted_load_leaves_an_empty_directory(machine: Machine) -> None:
    """The next run starts again."""
    assert "slapadd: cut short" == machine.load("dn: x\ncut short\n")
    assert "" == (machine.database / "data.mdb").read_text()
    assert ["stop", "start"] == machine.calls
    assert "" == machine.load("dn: x\n")


def test_replica_takes_a_copy(machine: Machine) -> None:
    """One that is still replicating ends that: it has entries but no position."""
    (machine.database / "data.mdb").write_text("dn: the first few\n")
    assert "" == machine.copy(f"dn: x\n{POSITION}\n", "abc")
    assert f"dn: x\n{POSITION}\n" == (machine.database / "data.mdb").read_text()
    assert ["stop", "unpacked", *ON_THE_DISK, "start"] == machine.calls


def test_complete_replica_is_left_alone(machine: Machine) -> None:
    """A small directory is replicated before the copy arrives: that is no failure."""
    (machine.database / "data.mdb").write_text(f"dn: all\n{POSITION}\n")
    assert "" == machine.copy(f"dn: x\n{POSITION}\n", "abc")
    assert "stop" not in machine.calls
    assert f"dn: all\n{POSITION}\n" == (machine.database / "data.mdb").read_text()


def test_truncated_copy_is_rejected(machine: Machine) -> None:
    """A database without its position would be mistaken for a complete one."""
    assert "the new database is incomplete" == machine.copy("dn: x\n", "abc")
    assert "" == (machine.database / "data.mdb").read_text()


def test_copy_with_other_indexes_is_indexed(machine: Machine) -> None:
    """Searches by a new index would silently find nothing."""
    assert "" == machine.copy(f"dn: x\n{POSITION}\n", "other")
    assert ["stop", "unpacked", "indexed", *ON_THE_DISK, "start"] == machine.calls


def test_a_replica_forgets_what_it_has(machine: Machine) -> None:
    """After a restore of the provider it may be ahead of that; slapd fills it anew."""
    (machine.database / "data.mdb").write_text(f"dn: all\n{POSITION}\n")
    fill.forget(str(machine.database))
    assert [] == [*machine.database.iterdir()]
    assert ["stop", "start"] == machine.calls


@pytest.mark.parametrize(
    ("back", "differ"),
    [
        ("dn: b\nuserPassword:: 2\ncn: x\n\ndn: a\ncn: x\nuserPassword:: 1\n\n", 0),
        ("dn: a\ncn: x\nuserPassword:: 2\n\ndn: b\ncn: x\nuserPassword:: 1\n\n", 2),
        ("dn: a\ncn: x\nuserPassword:: 1\n\ndn: b\nuserPassword:: 2\n\n", 1),
        ("dn: a\ncn: x\nuserPassword:: 1\n\n", 1),
    ],
    ids=["the same in another order", "passwords swapped", "a value that another has", "an entry"],
)
def test_what_came_back_is_compared_entry_by_entry(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, back: str, differ: int
) -> None:
    """The order of entries, and of values in one, is the database's own."""
    ldif = "dn: a\ncn: x\nuserPassword:: 1\n\ndn: b\ncn: x\nuserPassword:: 2\n\n"

    def output(*argv: str, **options: str) -> str:
        return back if argv[0] == "slapcat" else machine.output(*argv, **options)

    monkeypatch.setattr(fill, "output", output)
    says = f"the directory is not what was copied: {differ} entries differ"
    with pytest.raises(Failed, match=says) if differ else nullcontext():
        fill.tried(str(machine.database), ldif)
    assert not machine.database.with_suffix(".tried").exists()


def test_content_equals_a_change_set() -> None:
    """Including first passwords; the upload is compressed."""
    todo = directory.with_first_passwords(
        directory.changes({}, {f"uid=an,ou=people,{BASE}": {"cn": ("An",)}}),
        BASE,
        {"an": "{ARGON2}x"},
        (),
    )
    text = gzip.decompress(directory._content(todo)).decode()
    assert f"dn: uid=an,ou=people,{BASE}\ncn: An\nuserPassword: {{ARGON2}}x\n\n" == text


def test_copy_of_a_database_is_parsed() -> None:
    """The list of indexes, then the copy on any number of lines."""
    text = base64.b64encode(b"\0packed" * 30).decode()
    copy = replica.Database().process(["abc  -", text[:100], text[100:]])
    assert replica.Copy(b"\0packed" * 30, "abc  -") == copy
