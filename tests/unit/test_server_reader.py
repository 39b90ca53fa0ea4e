"""Reading the records of runs from hosts: here by a shell on this machine."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pytest

from hopthu.directory.ldif import Entries, write_entries
from hopthu.errors import HostFailed
from hopthu.history.record import Record
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.operations.host_state import STATE
from hopthu.remote import Question
from hopthu.remote.host.packing import packed
from hopthu.remote.host.records import records
from hopthu.servers import reader
from hopthu.servers.state import ServerState
from hopthu.ssh import OnHost, Ssh
from host_calls import answer

RECORD = Record("20260601T080000Z-0123456", "0" * 40, "d", f"{date(2026, 6, 1)}", "An", "")


def read(folder: Path) -> tuple[Record | None, ...]:
    """Return the deployed record, that of a run in progress, and the last of the journal."""
    found = answer(records, older=False, env={"HOPTHU_STATE": str(folder)})
    return reader._records(found.result, "dir1")


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
    there: Mapping[str, Entries],
    monkeypatch: pytest.MonkeyPatch,
    *limit: str,
    runs: Mapping[str, str] = MappingProxyType({}),
) -> ServerState:
    """Read a centre whose hosts have these entries; a host that is left out has no directory.

    Those in `runs` are written to, and were changed last in those runs.
    """
    hosts = tuple(
        Host(name, f"{name}.x.vn", f"10.0.0.{n}", frozenset({role}), provider=name == "dir1")
        for n, (name, role) in enumerate(
            (("dir1", "directory"), ("dir2", "directory"), ("access1", "access"), ("edge1", "edge"))
        )
    )

    def answered(on_host: OnHost, name: str) -> object:
        """Answer a question: there are no records and no stores."""
        if name == "records":
            return {"deployed": "", "applying": "", "last": ""}
        if name == "standing":
            run = runs.get(on_host.target.name, "")
            return {"written": bool(run), "position": "", "run": run}
        ldif = packed(write_entries(there[on_host.target.name]))
        return {"suffix": "dc=x,dc=vn", "position": "", "ldif": ldif}

    def several(on_host: OnHost, *questions: Question) -> list[object]:
        return [answered(on_host, name) for _, name, _, _ in questions]

    monkeypatch.setattr(Ssh, "connect", lambda *_arguments: None)
    monkeypatch.setattr(OnHost, "all", several)
    monkeypatch.setattr(
        OnHost, "__call__", lambda on_host, asked, *_: answered(on_host, asked.__name__)
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


@pytest.mark.parametrize("limit", [(), ("access1",)])
def test_who_has_taken_over_is_seen_whichever_hosts_are_to_be_changed(
    limit: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else hosts would be led back to a directory that another one has replaced, one by one."""
    full = {"dir1": {"dc=x,dc=vn": {"dc": ("x",)}}}
    taken = state(full, monkeypatch, *limit, runs={"dir1": "1", "dir2": "2"})
    assert ("dir2",) == taken.successors
    assert () == state(full, monkeypatch, *limit, runs={"dir1": "2", "dir2": "1"}).successors
    assert () == state(full, monkeypatch, *limit, runs={"dir2": "2"}).successors


@pytest.mark.parametrize("silent", [(), ("store1b",)])
def test_the_other_host_of_a_pair_is_asked_too(
    silent: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may serve what the one that is to be changed takes over; unless it did not answer."""
    hosts = (
        Host("dir1", "dir1.x.vn", "10.0.0.1", frozenset({"directory"})),
        *(
            Host(name, "store1.x.vn", f"10.0.0.{n}", frozenset({"store"}), ("store1",))
            for n, name in enumerate(("store1a", "store1b"), start=2)
        ),
    )
    answers = {
        "records": {"deployed": "", "applying": "", "last": ""},
        "standing": {"written": False, "position": "", "run": ""},
        "entries": {"suffix": "dc=x,dc=vn", "position": "", "ldif": packed("dn: dc=x\ndc: x\n")},
    }

    def answered(on_host: OnHost, name: str) -> object:
        return {"said": on_host.target.name} if name == "found" else answers[name]

    monkeypatch.setattr(Ssh, "connect", lambda *_arguments: None)
    monkeypatch.setattr(OnHost, "all", lambda on, *asked: [answered(on, q[1]) for q in asked])
    monkeypatch.setattr(OnHost, "__call__", lambda on, asked, *_: answered(on, asked.__name__))
    centre = Centre("lab", hosts).serving({"store1": "store1b"})
    inventory = Inventory(Path("lab.py"), centre, {host.name: {} for host in hosts}, {})
    found = reader.read_server_state(inventory, Ssh(), ("store1a",), silent=silent)
    assert {"store1a", "store1b"} - {*silent} == {*found.pairs}
    assert {"dir1", "store1a"} == found.covered
