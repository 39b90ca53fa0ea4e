"""Reading the records of runs from hosts: here by a shell on this machine."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from hopthu.daemons.openldap import numbers
from hopthu.directory.ldif import Entries, write_entries
from hopthu.errors import HostFailed
from hopthu.history.record import Record
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.operations.host_state import STATE
from hopthu.remote import Question
from hopthu.remote.host.packing import packed
from hopthu.remote.host.records import records
from hopthu.remote.host.replica import Standing
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
    there: Mapping[str, Entries], monkeypatch: pytest.MonkeyPatch, *limit: str
) -> ServerState:
    """Read a centre whose hosts have these entries; a host that is left out has no directory."""
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
            return {"written": False, "position": ""}
        ldif = packed(write_entries(there[on_host.target.name]))
        return {"suffix": "dc=x,dc=vn", "position": "", "ldif": ldif}

    def several(on_host: OnHost, *questions: Question) -> list[object]:
        return [answered(on_host, name) for _, name, _, _ in questions]

    monkeypatch.setattr(Ssh, "connect", lambda *_arguments: None)
    monkeypatch.setattr(OnHost, "all", several)
    monkeypatch.setattr(OnHost, "__call__", lambda on_host, *_: answered(on_host, "entries"))
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


DIR1, DIR2 = (
    Host(name, f"{name}.x.vn", "10.0.0.1", frozenset({"directory"}), provider=name == "dir1")
    for name in ("dir1", "dir2")
)
NUMBERS = numbers([DIR1, DIR2])


def made(host: Host, minute: int) -> str:
    """Return a change that was made on a host."""
    return f"202612010{minute:03}00.000000Z#000000#{NUMBERS[host]:03x}#000000"


@pytest.mark.parametrize(
    ("hosts", "theirs", "written", "now", "ahead"),
    [
        ((DIR1, DIR2), [made(DIR2, 5)], False, [made(DIR2, 4)], ("access1",)),
        ((DIR1, DIR2), [made(DIR2, 5)], False, [made(DIR2, 5)], ()),
        ((DIR1, DIR2), [made(DIR2, 5)], True, [made(DIR2, 4)], ()),
        ((DIR1,), [made(DIR2, 5)], False, [made(DIR2, 4)], ()),
    ],
    ids=["lacks one", "has got it meanwhile", "comes back with one", "of one that is gone"],
)
def test_who_is_written_to_has_what_those_have_who_follow(
    hosts: tuple[Host, ...], theirs: list[str], written: bool, now: list[str], ahead: tuple[str]
) -> None:
    """As far as somebody is there to have it from."""
    other: Standing = {"written": written, "position": " ".join([made(DIR1, 9), *theirs])}
    before, later = (" ".join([made(DIR1, 9), *some]) for some in ([made(DIR2, 4)], now))
    centre = Centre("lab", hosts)
    assert ahead == reader._ahead(centre, {"access1": other}, before, lambda: later)
    assert () == reader._ahead(centre, {"access1": other}, "", lambda: "")
