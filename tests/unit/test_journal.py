"""The journal: lines are appended completely, and every change is detected."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import cast

import pytest

from hopthu.errors import HostFailed
from hopthu.history.appending import append
from hopthu.history.host_records import parse
from hopthu.history.journal import Head, Run, contradicted, forgotten, line, read, unrecorded
from hopthu.history.record import Record
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.remote import CALL, call
from hopthu.remote.host import journal as on_host
from hopthu.remote.host.records import records
from hopthu.ssh import Outcome, Ssh, Target
from host_calls import Answer, answer, asked

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


def test_a_line_that_is_too_deep_is_a_break() -> None:
    """It would end the reader otherwise."""
    assert 1 == len(read("[" * 100_000 + "\n").broken)
    with pytest.raises(HostFailed, match="dir1: not a valid record"):
        Record.from_json("[" * 100_000, "dir1")


Slip = Callable[[list[str]], list[str]]


class Hosts:
    """A centre whose hosts have a folder each; those `away` do not answer."""

    def __init__(
        self,
        folder: Path,
        names: Sequence[str] = ("dir1", "edge1", "store1"),
        written: Callable[[str], str] = str,
    ) -> None:
        """Make it of hosts, the first of which keeps the journal, which gets what is `written`."""
        hosts = [
            Host(
                name,
                f"{name}.x.vn",
                "10.0.0.1",
                frozenset({"directory"} if name == "dir1" else {"edge"}),
            )
            for name in names
        ]
        data: dict[str, dict[str, object]] = {name: {} for name in names}
        self.inventory = Inventory(Path("x.py"), Centre("x", tuple(hosts)), data, {})
        self.folder, self.written = folder, written
        self.away: set[str] = set()
        self.one_at_a_time = Lock()

    def run(self, target: Target, _script: str, *, stdin: bytes, **_: object) -> Outcome:
        """Call a function on a host."""
        if target.name in self.away:
            raise HostFailed(Message("{host}: no answer", host=target.name))
        _, called, arguments, options = asked(stdin)
        with self.one_at_a_time, pytest.MonkeyPatch.context() as patched:
            patched.setenv("HOPTHU_STATE", str(self.folder / target.name))
            result = getattr(on_host, called)(*map(self.written, arguments), **options)
        return Outcome(0, json.dumps(result), "")

    def append(self, run: Run) -> None:
        """Append a run as every command does."""
        append(cast(Ssh, self), self.inventory, line(run))

    def forgotten(self) -> tuple[str, ...]:
        """Return what `history` says of what hosts remember."""
        found: dict[str, tuple[Head, ...]] = {}
        for host in self.inventory.centre.hosts:
            with pytest.MonkeyPatch.context() as patched:
                patched.setenv("HOPTHU_STATE", str(self.folder / host.name))
                found[host.name] = parse(host.name, records(older=False)).heads
        kept = self.folder / "dir1/journal.jsonl"
        return forgotten(read(kept.read_text() if kept.exists() else ""), found)


def _append(state: Path, text: str) -> Answer:
    return answer(on_host.append, text, env={"HOPTHU_STATE": str(state)})


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of three runs, to copy."""
    state = tmp_path_factory.mktemp("state")
    for run in RUNS:
        done = _append(state, line(run))
        assert (0, "") == (done.code, done.errors)
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


def recomputed(lines: Iterable[str]) -> str:
    """A journal of these lines in which each contains the digest of the one before."""
    text, before = "", "0" * 64
    for each in lines:
        follows = re.sub('"prev": "[0-9a-f]*"', f'"prev": "{before}"', each.rstrip("\n"))
        text, before = f"{text}{follows}\n", hashlib.sha256(follows.encode()).hexdigest()
    return text


@pytest.mark.parametrize(
    "slip",
    [
        lambda lines: [lines[0].replace("Hoa", "Hoà"), *lines[1:]],
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: [*lines[:2], lines[1], *lines[2:]],
        lambda lines: [*lines[:-1], lines[-1].replace("Hoa", "Hoà")],
        lambda lines: lines[1:],
        lambda lines: lines[:-1],
        lambda _: [],
    ],
)
def test_hosts_remember_what_a_rewritten_chain_lacks(tmp_path: Path, slip: Slip) -> None:
    """Changed, removed, inserted or cut off, with every digest right; and after further runs."""
    centre = Hosts(tmp_path)
    for run in RUNS:
        centre.append(run)
    kept = tmp_path / "dir1/journal.jsonl"
    assert () == centre.forgotten()
    kept.write_text(recomputed(slip(kept.read_text().splitlines(keepends=True))))
    assert () == read(kept.read_text()).broken
    told = (f"it lacks a line of run {RUNS[2].record.id}, remembered by edge1, store1",)
    assert told == centre.forgotten()
    centre.append(RUNS[0])
    assert told == centre.forgotten()
    assert 2 == len((tmp_path / "edge1/journal-heads").read_text().splitlines())


def test_a_host_remembers_one_line_however_many_runs(tmp_path: Path) -> None:
    """And one more for each time that it missed some; all of them are in the chain."""
    centre = Hosts(tmp_path)
    centre.append(RUNS[0])
    centre.append(RUNS[1])
    centre.away.add("edge1")
    centre.append(RUNS[2])
    centre.away.clear()
    centre.append(RUNS[0])
    centre.append(RUNS[1])
    remembered = [(tmp_path / host / "journal-heads").read_text() for host in ("edge1", "store1")]
    assert [2, 1] == [text.count("\n") for text in remembered]
    assert not (tmp_path / "dir1/journal-heads").exists()
    assert () == centre.forgotten()


@pytest.mark.slow
def test_two_runs_may_reach_hosts_in_another_order(tmp_path: Path) -> None:
    """Each line that is remembered is in the chain, whichever was told last."""
    env = {"HOPTHU_STATE": str(tmp_path)}
    texts = [line(run).rstrip("\n") for run in RUNS]
    befores = [answer(on_host.append, text, env=env).result for text in texts]
    digests = [
        hashlib.sha256(each.encode()).hexdigest()
        for each in (tmp_path / "journal.jsonl").read_text().splitlines()
    ]
    assert ["0" * 64, *digests[:2]] == befores
    for number in (0, 2, 1):
        told = befores[number], digests[number], RUNS[number].record.id
        assert Answer(0, None, "") == answer(on_host.remember, *told, env=env)
    remembered = answer(on_host.heads, env=env).result
    assert {*digests[1:]} == {each.split()[0] for each in remembered}


def test_a_host_that_writes_something_else_is_found_out(tmp_path: Path) -> None:
    """It says what comes before; what is written then is known already."""
    centre = Hosts(tmp_path, written=lambda text: text.replace("Hoa", "Hoà"))
    centre.append(RUNS[0])
    assert 1 == len(centre.forgotten())


def test_a_line_that_nobody_else_remembers_is_a_failure(tmp_path: Path) -> None:
    """One host is enough; of a centre of one host nobody is asked."""
    centre = Hosts(tmp_path)
    centre.away.add("edge1")
    centre.append(RUNS[0])
    centre.away.add("store1")
    with pytest.raises(HostFailed, match="no other host remembers it"):
        centre.append(RUNS[1])
    alone = Hosts(tmp_path / "alone", names=("dir1",))
    alone.append(RUNS[0])
    assert () == alone.forgotten()


def test_bytes_that_are_no_text_break_the_chain(journal: Path) -> None:
    """As anything else does that is no run."""
    journal.write_bytes(journal.read_bytes() + b"\xff\n")
    text = answer(on_host.text, env={"HOPTHU_STATE": str(journal.parent)}).result
    assert ["line 4 is not a valid run"] == list(read(text).broken)


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_concurrent_runs_are_separate_lines(tmp_path: Path) -> None:
    """One waits for the other."""
    question = call(on_host.append, line(RUNS[0]))
    started = [
        subprocess.Popen(
            ["sh", "-c", CALL],
            stdin=subprocess.PIPE,
            env={**os.environ, "HOPTHU_STATE": str(tmp_path)},
        )
        for _ in range(8)
    ]
    for each in started:
        each.communicate(question)
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


def test_the_next_provider_has_the_journal_too(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets what it lacks; one that went on by itself is kept beside."""
    other = tmp_path / "other" / "journal.jsonl"

    def follows() -> bool:
        monkeypatch.setenv("HOPTHU_STATE", str(other.parent))
        standing = on_host.standing()
        monkeypatch.setenv("HOPTHU_STATE", str(journal.parent))
        whole, more = on_host.since(*standing)
        monkeypatch.setenv("HOPTHU_STATE", str(other.parent))
        on_host.follow(whole, more)
        assert journal.read_text() == other.read_text()
        return whole

    assert not follows()
    other.write_text("".join(journal.read_text().splitlines(keepends=True)[:2]))
    assert not follows()
    other.write_text(other.read_text() + "its own\n")
    assert follows()
    (kept,) = other.parent.glob("journal-until-*.jsonl")
    assert kept.read_text().endswith("its own\n")
    assert not follows()
