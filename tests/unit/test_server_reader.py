"""Reading the records of runs from hosts: here by a shell on this machine."""

import os
import subprocess
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hopthu.directory.ldif import Entries
from hopthu.errors import HostFailed
from hopthu.history.record import Record
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.operations.host_state import STATE
from hopthu.servers import reader
from hopthu.servers.state import ServerState
from hopthu.ssh import Outcome, Ssh, Target

RECORD = Record("20260601T080000Z-0123456", "0" * 40, "d", f"{date(2026, 6, 1)}", "An", "")


def read(folder: Path) -> tuple[Record | None, ...]:
    """Return the deployed record, that of a run in progress, and the last of the journal."""

    def run(_target: Target, command: str, *, stdin: bytes, timeout: float) -> Outcome:
        env = {**os.environ, "HOPTHU_STATE": str(folder)}
        done = subprocess.run(
            ["sh", "-c", command], input=stdin, env=env, timeout=timeout, capture_output=True,
            check=True,
        )  # fmt: skip
        return Outcome(0, done.stdout.decode(), "")

    here: Any = SimpleNamespace(run=run)
    return reader._records(here, Target("dir1", "dir1"))


def test_bare_host_has_no_records(tmp_path: Path) -> None:
    assert (None, None, None) == read(tmp_path)


def test_records_are_read(tmp_path: Path) -> None:
    (tmp_path / "records" / RECORD.id).mkdir(parents=True)
    (tmp_path / "deployed").symlink_to(f"records/{RECORD.id}")
    for name in ("deployed/record.json", "applying", "journal.jsonl"):
        (tmp_path / name).write_text(RECORD.as_json())
    assert (RECORD, RECORD, RECORD) == read(tmp_path)


def test_incomplete_line_of_the_journal_is_ignored(tmp_path: Path) -> None:
    """As after a power cut: an apply is possible, and its own line replaces that one."""
    (tmp_path / "journal.jsonl").write_text(RECORD.as_json() + '{"prev": "')
    assert (None, None, RECORD) == read(tmp_path)


def test_invalid_record_is_reported_with_path_and_fix(tmp_path: Path) -> None:
    (tmp_path / "applying").write_text("two\nlines")
    with pytest.raises(HostFailed, match=f"dir1:{STATE}/applying: not a valid record") as raised:
        read(tmp_path)
    assert "move it away" in (raised.value.fix or "")


def state(
    there: Mapping[str, Entries], monkeypatch: pytest.MonkeyPatch, *limit: str
) -> ServerState:
    """Read a centre whose hosts have these entries; a host that is left out has no directory."""
    hosts = tuple(
        Host(name, f"{name}.x.vn", f"10.0.0.{n}", frozenset({role}), provider=name == "dir1")
        for n, (name, role) in enumerate(
            (("dir1", "directory"), ("dir2", "directory"), ("access1", "access"), ("edge1", "edge"))
        )
    )
    # Hosts without records and without stores.
    monkeypatch.setattr(Ssh, "connect", lambda *_arguments: None)
    monkeypatch.setattr(reader, "_records", lambda *_arguments: (None, None, None))
    monkeypatch.setattr(
        reader,
        "read_content",
        lambda _ssh, target: reader.Content("x.vn", "", there[target.name]),
    )
    data = {host.name: {} for host in hosts}
    return reader.read_server_state(
        Inventory(Path("lab.py"), Centre("lab", hosts), data, {}), Ssh(), limit
    )


def test_replicas_are_asked_only_while_the_provider_is_bare(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All of them, whatever hosts an apply is limited to."""
    first, second = {"dc=x,dc=vn": {"dc": ("x",)}}, {"ou=addresses,dc=x,dc=vn": {"ou": ("a",)}}
    bare = state({"dir1": {}, "dir2": first, "access1": second}, monkeypatch, "dir1")
    assert {} == bare.entries
    assert {**first, **second} == bare.copies
    filled = state({"dir1": first}, monkeypatch)
    assert (first, {}) == (filled.entries, filled.copies)
