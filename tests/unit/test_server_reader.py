"""What hosts say of the runs they know, asked over SSH: here by a shell on this machine."""

import subprocess
from datetime import date
from pathlib import Path

import pytest

from hopthu.errors import HostFailed
from hopthu.history.record import Record
from hopthu.operations.host_state import STATE
from hopthu.servers import reader

RECORD = Record("20260601T080000Z-0123456", "0" * 40, "d", f"{date(2026, 6, 1)}", "An", "")


def asked(folder: Path) -> tuple[Record | None, ...]:
    """Return the deployed record, the one under way and the journal's last one."""
    script = reader._ASK.replace(STATE, str(folder))
    said = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True)
    return reader._records(said.stdout, "dir1")


def test_a_bare_host_knows_of_none(tmp_path: Path) -> None:
    assert (None, None, None) == asked(tmp_path)


def test_records_are_read(tmp_path: Path) -> None:
    (tmp_path / "deployed").mkdir()
    for name in ("deployed/record.json", "applying", "journal.jsonl"):
        (tmp_path / name).write_text(RECORD.as_json())
    assert (RECORD, RECORD, RECORD) == asked(tmp_path)


def test_a_line_of_the_journal_that_was_cut_short_never_counted(tmp_path: Path) -> None:
    """As by a power cut: an apply can go on, and its own line takes that one's place."""
    (tmp_path / "journal.jsonl").write_text(RECORD.as_json() + '{"prev": "')
    assert (None, None, None) == asked(tmp_path)


def test_rubbish_is_named_with_its_place_and_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "applying").write_text("two\nlines")
    with pytest.raises(HostFailed, match=f"dir1:{STATE}/applying: this is no record") as raised:
        asked(tmp_path)
    assert "moved away" in (raised.value.fix or "")
