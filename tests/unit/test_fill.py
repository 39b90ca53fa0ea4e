"""Filling an empty directory: the script for hosts, run here with stubs of its tools."""

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
    "systemctl": 'echo "$1" >>"$ROOT/calls"',
    "folder_of": "sed -n 's/^directory //p' \"$1\"",
    "slapadd": 'cat >"$(folder_of "$4")/data.mdb"; [ -z "${BREAK:-}" ] || exit 1; '
    f'echo "{POSITION}" >>"$(folder_of "$4")/data.mdb"',
    "slapcat": 'cat "$(folder_of "$2")/data.mdb" 2>/dev/null',
    "slapindex": 'echo indexed >>"$ROOT/calls"',
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
    def calls(self) -> list[str]:
        """Return the calls of systemctl, in order."""
        path = self.root / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def fill(self, how: str, content: str, *indexes: str, **env: str) -> tuple[int, str]:
        """Run the script; return its exit code and what it output."""
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
    """By slapadd, beside the live database; slapd is stopped only for the switch."""
    assert (0, "") == machine.fill("content", "dn: x\n")
    assert f"dn: x\n{POSITION}\n" == (machine.database / "data.mdb").read_text()
    assert not (machine.database / "lock.mdb").exists()
    assert ["stop", "start"] == machine.calls


def test_provider_with_an_entry_is_left_alone(machine: Machine) -> None:
    """Existing entries, and their passwords, are never replaced."""
    (machine.database / "data.mdb").write_text("dn: somebody\n")
    code, output = machine.fill("content", "dn: x\n")
    assert (1, "this directory is not empty; nothing was changed\n") == (code, output)
    assert "dn: somebody\n" == (machine.database / "data.mdb").read_text()
    assert "stop" not in machine.calls


def test_interrupted_load_leaves_an_empty_directory(machine: Machine) -> None:
    """The next run starts again."""
    assert 1 == machine.fill("content", "dn: x\n", BREAK="1")[0]
    assert "" == (machine.database / "data.mdb").read_text()
    assert 0 == machine.fill("content", "dn: x\n")[0]


def test_replica_takes_a_copy(machine: Machine) -> None:
    """One that is still replicating has entries but no position: it gets everything."""
    (machine.database / "data.mdb").write_text("dn: the first few\n")
    assert (0, "") == machine.fill("copy", f"dn: x\n{POSITION}\n", "abc")
    assert f"dn: x\n{POSITION}\n" == (machine.database / "data.mdb").read_text()
    assert ["stop", "start"] == machine.calls


def test_complete_replica_is_left_alone(machine: Machine) -> None:
    """A small directory is replicated before the copy arrives: that is no failure."""
    (machine.database / "data.mdb").write_text(f"dn: all\n{POSITION}\n")
    assert (0, "") == machine.fill("copy", f"dn: x\n{POSITION}\n", "abc")
    assert "stop" not in machine.calls
    assert f"dn: all\n{POSITION}\n" == (machine.database / "data.mdb").read_text()


def test_truncated_copy_is_rejected(machine: Machine) -> None:
    """A database without its position would be mistaken for a complete one."""
    code, output = machine.fill("copy", "dn: x\n", "abc")
    assert (1, "the new database is incomplete\n") == (code, output)
    assert "" == (machine.database / "data.mdb").read_text()


def test_copy_with_other_indexes_is_indexed(machine: Machine) -> None:
    """Searches by a new index would silently find nothing."""
    assert 0 == machine.fill("copy", f"dn: x\n{POSITION}\n", "other")[0]
    assert ["indexed", "stop", "start"] == machine.calls


def test_content_equals_a_change_set() -> None:
    """Including first passwords; the upload is compressed."""
    todo = directory.with_first_passwords(
        directory.changes({}, {f"uid=an,ou=people,{BASE}": {"cn": ("An",)}}),
        BASE,
        {"an": "{ARGON2}x"},
        (),
    )
    text = gzip.decompress(directory._content(todo).read()).decode()
    assert f"dn: uid=an,ou=people,{BASE}\ncn: An\nuserPassword: {{ARGON2}}x\n\n" == text


def test_copy_of_a_database_is_parsed() -> None:
    """The list of indexes, then the copy on any number of lines."""
    text = base64.b64encode(b"\0packed" * 30).decode()
    copy = replica.Database().process(["abc  -", text[:100], text[100:]])
    assert replica.Copy(b"\0packed" * 30, "abc  -") == copy
