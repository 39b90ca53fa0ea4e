"""How an empty directory is filled: the script of the hosts, run here with stubs of its tools."""

import base64
import gzip
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from hopthu import remote
from hopthu.operations import directory, replica

BASE = "dc=tinh,dc=example"
POSITION = "contextCSN: 20261125035401.400480Z#000000#000#000000"

# A database is a text file here: what was loaded, then the position.
STUBS = {
    "runuser": 'shift 3; exec "$@"',
    "chown": "true",
    "install": 'for folder; do case $folder in /*) mkdir -p "$folder";; esac; done',
    "systemctl": 'echo "$1" >>"$ROOT/told"',
    "folder_of": "sed -n 's/^directory //p' \"$1\"",
    "slapadd": 'cat >"$(folder_of "$4")/data.mdb"; [ -z "${BREAK:-}" ] || exit 1; '
    f'echo "{POSITION}" >>"$(folder_of "$4")/data.mdb"',
    "slapcat": 'cat "$(folder_of "$2")/data.mdb" 2>/dev/null',
    "slapindex": 'echo indexed >>"$ROOT/told"',
    "mdb_copy": 'cp "$2/data.mdb" "$3/data.mdb"',
    "zstd": 'gunzip <"$4"',
}


@dataclass(frozen=True)
class Machine:
    """A host's root for the script."""

    root: Path

    @property
    def database(self) -> Path:
        """Where slapd keeps its entries."""
        return self.root / "ldap"

    @property
    def told(self) -> list[str]:
        """What was asked of the services, in order."""
        path = self.root / "told"
        return path.read_text().splitlines() if path.exists() else []

    def fill(self, how: str, content: str, *indexes: str, **env: str) -> tuple[int, str]:
        """Run the script; return its exit code and what it said."""
        packed = self.root / "staging" / "content"
        packed.parent.mkdir()
        packed.write_bytes(gzip.compress(content.encode()))
        words = [how, str(packed), str(self.database), BASE, *indexes]
        done = subprocess.run(
            ["bash", "-c", remote.script("fill.sh"), "fill", *words],
            env={
                **os.environ,
                "PATH": f"{self.root}/bin:{os.environ['PATH']}",
                "ROOT": str(self.root),
                "HOPTHU_STATE": str(self.root),
                "HOPTHU_SLAPD_CONF": str(self.root / "slapd.conf"),
                **env,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert not packed.parent.exists(), "hashes are left behind"
        assert not self.database.with_suffix(".new").exists()
        return done.returncode, done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A host whose slapd has just been started for the first time."""
    (tmp_path / "bin").mkdir()
    for name, body in STUBS.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "ldap").mkdir()
    (tmp_path / "ldap" / "data.mdb").touch()
    (tmp_path / "ldap" / "lock.mdb").touch()
    (tmp_path / "slapd.conf").write_text(f"suffix {BASE}\ndirectory {tmp_path}/ldap\n")
    (tmp_path / "openldap-indexes").write_text("abc\n")
    return Machine(tmp_path)


def test_empty_provider_is_filled(machine: Machine) -> None:
    """By slapadd, beside the live database; slapd is stopped only while it takes its place."""
    assert (0, "") == machine.fill("content", "dn: x\n")
    assert f"dn: x\n{POSITION}\n" == (machine.database / "data.mdb").read_text()
    assert not (machine.database / "lock.mdb").exists()
    assert ["stop", "start"] == machine.told


def test_provider_with_an_entry_is_left(machine: Machine) -> None:
    """Whatever the caller thinks: entries, and their passwords, are never replaced."""
    (machine.database / "data.mdb").write_text("dn: somebody\n")
    code, said = machine.fill("content", "dn: x\n")
    assert (1, "this directory is not empty; it has been left as it is\n") == (code, said)
    assert "dn: somebody\n" == (machine.database / "data.mdb").read_text()
    assert "stop" not in machine.told


def test_load_that_breaks_off_leaves_an_empty_directory(machine: Machine) -> None:
    """The next run begins anew."""
    assert 1 == machine.fill("content", "dn: x\n", BREAK="1")[0]
    assert "" == (machine.database / "data.mdb").read_text()
    assert 0 == machine.fill("content", "dn: x\n")[0]


def test_replica_takes_a_copy(machine: Machine) -> None:
    """One that is still asking has entries and no position: it is given all."""
    (machine.database / "data.mdb").write_text("dn: the first few\n")
    assert (0, "") == machine.fill("copy", f"dn: x\n{POSITION}\n", "abc")
    assert f"dn: x\n{POSITION}\n" == (machine.database / "data.mdb").read_text()
    assert ["stop", "start"] == machine.told


def test_replica_that_was_complete_is_left(machine: Machine) -> None:
    """A small directory is replicated sooner than a copy comes: that is no failure."""
    (machine.database / "data.mdb").write_text(f"dn: all\n{POSITION}\n")
    assert (0, "") == machine.fill("copy", f"dn: x\n{POSITION}\n", "abc")
    assert "stop" not in machine.told
    assert f"dn: all\n{POSITION}\n" == (machine.database / "data.mdb").read_text()


def test_copy_cut_short_is_not_taken(machine: Machine) -> None:
    """A database without its position would be taken for a complete one."""
    code, said = machine.fill("copy", "dn: x\n", "abc")
    assert (1, "the new database is not complete\n") == (code, said)
    assert "" == (machine.database / "data.mdb").read_text()


def test_copy_indexed_otherwise_is_indexed(machine: Machine) -> None:
    """Searches by a new index would find nothing, without a word."""
    assert 0 == machine.fill("copy", f"dn: x\n{POSITION}\n", "other")[0]
    assert ["indexed", "stop", "start"] == machine.told


def test_content_is_what_a_change_set_would_add() -> None:
    """First passwords too; an upload is packed."""
    todo = directory.with_first_passwords(
        directory.changes({}, {f"uid=an,ou=people,{BASE}": {"cn": ("An",)}}),
        BASE,
        {"an": "{ARGON2}x"},
        (),
    )
    text = gzip.decompress(directory._content(todo).read()).decode()
    assert f"dn: uid=an,ou=people,{BASE}\ncn: An\nuserPassword: {{ARGON2}}x\n\n" == text


def test_copy_of_a_database_is_read() -> None:
    """What it is indexed by, then the copy, in as many lines as it takes."""
    text = base64.b64encode(b"\0packed" * 30).decode()
    copy = replica.Database().process(["abc  -", text[:100], text[100:]])
    assert replica.Copy(b"\0packed" * 30, "abc  -") == copy
