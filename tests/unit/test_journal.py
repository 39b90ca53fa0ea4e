"""The journal: lines are appended completely, and every change is detected."""

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from hopthu.history.journal import Run, contradicted, line, read, unrecorded
from hopthu.history.record import Record
from hopthu.remote import CALL, call
from hopthu.remote.host import journal as on_host
from hopthu.remote.host.records import records
from host_calls import Answer, answer

RECORD = Record(
    id="20261125T031948Z-1a2b3c4",
    commit="1a2b3c4" + "0" * 33,
    data="d" * 64,
    on="2026-11-25",
    who="Trần Thị Hoa",
    started="2026-11-25T03:19:48Z",
    changes=('a "quoted" {change} [unit a]',),
    result="applied",
)
RUNS = [
    Run(replace(RECORD, id=f"2026112{day}T031948Z-1a2b3c4"), {"dir1": "applied", "edge1": "failed"})
    for day in range(3)
]


def _append(state: Path, text: str) -> Answer:
    return answer(on_host.append, text, env={"HOPTHU_STATE": str(state)})


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of three runs, to copy."""
    state = tmp_path_factory.mktemp("state")
    for run in RUNS:
        done = _append(state, line(run))
        assert Answer(0, None, "") == done
    return state / "journal.jsonl"


@pytest.fixture
def journal(three: Path, tmp_path: Path) -> Path:
    """A journal of three runs, with the rights it was made with."""
    return Path(shutil.copy2(three, tmp_path))


def test_runs_survive_the_journal(journal: Path) -> None:
    """Oldest first, readable by root only."""
    found = read(journal.read_text())
    assert (tuple(RUNS), ()) == (found.runs, found.broken)
    assert 0 == journal.stat().st_mode & 0o077


def test_empty_journal_is_intact() -> None:
    """Before the first apply."""
    assert ((), ()) == (read("").runs, read("").broken)


@pytest.mark.parametrize(
    ("slip", "found"),
    [
        (lambda lines: [lines[0].replace("Hoa", "Hoà"), *lines[1:]], ["line 2 does not follow"]),
        (lambda lines: [lines[0], lines[2]], ["line 2 does not follow line 1"]),
        (lambda lines: lines[1:], ["line 1 is not the line that was first written"]),
        (lambda lines: [lines[1], lines[0], lines[2]], ["line 1", "line 2", "line 3"]),
        (lambda lines: [*lines[:2], "not a run\n"], ["line 3 is not a valid run"]),
        (lambda lines: [*lines[:2], "[]\n"], ["line 3 is not a valid run"]),
        (lambda lines: [*lines[:2], lines[2].rstrip("\n")], ["line 3 does not follow"]),
        (lambda lines: [*lines, lines[2]], ["line 4 does not follow"]),
    ],
)
def test_change_breaks_the_chain(journal: Path, slip: object, found: list[str]) -> None:
    """And the place is reported."""
    lines = slip(journal.read_text().splitlines(keepends=True))  # type: ignore[operator]
    broken = read("".join(lines)).broken
    assert len(found) == len(broken)
    assert all(text.startswith(start) for text, start in zip(broken, found, strict=True))


def test_records_reveal_a_change_of_the_last_line(journal: Path) -> None:
    """The chain cannot: no line follows."""
    changed = read(journal.read_text().replace("Trần Thị Hoa", "Somebody else"))
    records = [replace(RUNS[2].record, host="edge1")]
    assert ["run 20261122T031948Z-1a2b3c4 differs from the record on edge1"] == list(
        contradicted(changed, records)
    )
    assert () == contradicted(read(journal.read_text()), records)


def test_records_reveal_missing_runs(journal: Path) -> None:
    """The last lines were removed, or the run was interrupted before it was written."""
    shorter = read("".join(journal.read_text().splitlines(keepends=True)[:2]))
    records = [replace(run.record, host="edge1") for run in RUNS]
    assert (RUNS[2].record.id,) == unrecorded(shorter, records)


def test_hosts_return_the_journal_and_its_last_run(journal: Path) -> None:
    """Half a line, as after a power cut, is no run."""
    env = {"HOPTHU_STATE": str(journal.parent)}
    whole = journal.read_text()
    assert whole == answer(on_host.text, env=env).result
    last = answer(records, older=False, env=env).result["last"]
    assert RUNS[2].record == Record.from_json(last)
    journal.write_text(whole + '{"prev": "12')
    assert last == answer(records, older=False, env=env).result["last"]
    journal.unlink()
    assert ["", ""] == [
        answer(on_host.text, env=env).result,
        answer(records, older=False, env=env).result["last"],
    ]


def test_incomplete_line_is_replaced(journal: Path) -> None:
    """As after a power cut; complete lines stay, and the chain with them."""
    whole = journal.read_text()
    journal.write_text(whole + '{"prev": "12')
    assert 0 == _append(journal.parent, line(RUNS[0])).code
    found = read(journal.read_text())
    assert (4, ()) == (len(found.runs), found.broken)


@pytest.mark.parametrize("text", ["", "[]", "{}\n{}", "{half"])
def test_only_an_object_on_one_line_is_appended(journal: Path, text: str) -> None:
    """The journal is unchanged."""
    before = journal.read_text()
    assert 1 == _append(journal.parent, text).code
    assert before == journal.read_text()


def test_concurrent_runs_are_separate_lines(tmp_path: Path) -> None:
    """One waits for the other."""
    asked = call(on_host.append, line(RUNS[0]))
    started = [
        subprocess.Popen(
            ["sh", "-c", CALL],
            stdin=subprocess.PIPE,
            env={**os.environ, "HOPTHU_STATE": str(tmp_path)},
        )
        for _ in range(8)
    ]
    for each in started:
        each.communicate(asked)
    found = read((tmp_path / "journal.jsonl").read_text())
    assert (8, ()) == (len(found.runs), found.broken)


def test_full_disk_leaves_the_journal_unchanged(journal: Path) -> None:
    """The caller gets an error."""
    before = journal.read_text()
    limit = "ulimit -f 128; trap '' XFSZ; "  # in KiB; the program that is sent needs some as well
    large = replace(RUNS[0].record, changes=("x" * 256 * 1024,))
    done = subprocess.run(
        ["bash", "-c", limit + CALL],
        input=call(on_host.append, line(Run(large, {}))),
        env={**os.environ, "HOPTHU_STATE": str(journal.parent)},
        capture_output=True,
        check=False,
    )
    assert 0 != done.returncode
    assert b"no space is left for the journal" == done.stderr.strip()
    assert before == journal.read_text()


def test_line_is_a_contract() -> None:
    """Keys of record.json without a host, and the result on each host."""
    parsed = json.loads(line(RUNS[0]))
    assert {"dir1": "applied", "edge1": "failed"} == parsed.pop("hosts")
    assert json.loads(RUNS[0].record.as_json()) == parsed
    assert "" == parsed["host"]


def test_a_run_that_was_announced_is_what_its_last_line_says() -> None:
    """Without one it is there all the same, without a result: it may have done all of its work."""
    begun = replace(RECORD, result="", finished="")
    other = replace(begun, id="20261125T031949Z-1a2b3c4")
    runs = [Run(begun, {"mail1": ""}), Run(other, {"mail1": ""}), Run(RECORD, {"mail1": "applied"})]
    found = read("".join(map(line, runs)).replace('{"id', '{"prev": "", "id'))
    assert runs[1:] == [*found.runs]
