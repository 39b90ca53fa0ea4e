"""The cache and the work on all cores: quicker, and never different."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hopthu import load as loader
from hopthu.load import load
from hopthu.source import cache, chunks, parallel
from hopthu.source.cache import Cache
from hopthu.source.records import Source

UNITS = "".join(f"- {{id: unit-{n}, name: Xã {n}, kind: commune}}\n" for n in range(9_000))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a root large enough for the cache, which is the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    data = tmp_path / "root" / "data"
    data.mkdir(parents=True)
    for kind in ("people", "documents"):
        (data / f"{kind}.yaml").touch()
    (data / "units.yaml").write_text(UNITS, encoding="utf-8")
    return data.parent


def entries(root: Path) -> list[Path]:
    folder = root.parent / "cache" / "hopthu" / "records"
    return sorted(path for path in folder.iterdir() if path.name != "pruned")


def plain(source: Source) -> list[object]:
    return [(r.data, r.fits, r.at("id")) for r in source.units[:50]] + [
        r.data for r in source.units
    ]


def test_parsed_data_is_cached(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time nothing is parsed, and the records are the same."""
    first = plain(load(root))
    assert entries(root)
    monkeypatch.setattr(loader, "read_chunk", None)
    assert first == plain(load(root))


def test_only_changed_data_is_parsed_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece of some hundred records around it."""
    load(root)
    seen: list[chunks.Chunk] = []
    really = loader.read_chunk
    monkeypatch.setattr(parallel, "fork_map", lambda jobs, work: [work(job) for job in jobs])
    monkeypatch.setattr(loader, "read_chunk", lambda piece: seen.append(piece) or really(piece))
    file = root / "data" / "units.yaml"
    file.write_text(UNITS.replace("Xã 4000,", "Xã Mới,"), encoding="utf-8")
    assert "Xã Mới" == load(root).units[4000].data["name"]
    assert 1 == len(seen)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [b"", b"x", b"[[],[]]", b"\x00" * 200])
def test_a_damaged_entry_is_not_used(root: Path, damage: bytes) -> None:
    """A truncated or altered entry is parsed again."""
    first = plain(load(root))
    for path in entries(root):
        path.write_bytes(damage)
    assert first == plain(load(root))


def test_an_altered_entry_is_not_used(root: Path) -> None:
    """Even where it is still JSON."""
    first = plain(load(root))
    for path in entries(root):
        path.write_bytes(path.read_bytes().replace(b"commune", b"schools"))
    assert first == plain(load(root))


def test_the_cache_may_be_missing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that cannot be made is done without."""
    first = plain(load(root))
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/nowhere")
    assert first == plain(load(root))


def test_the_key_holds_kind_content_and_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an entry was worked out from."""
    one = cache.key("units", b"x")
    assert 1 < len({one, cache.key("people", b"x"), cache.key("units", b"y")})
    assert one == cache.key("units", b"x")
    monkeypatch.setattr(cache, "_version", lambda: b"another")
    assert one != cache.key("units", b"x")


def test_unused_entries_are_removed_after_a_week(tmp_path: Path) -> None:
    """And those in use stay."""
    kept = Cache(tmp_path)
    for name in ("old", "used"):
        kept.put(name, b"content")
        os.utime(tmp_path / name, (0, 0))
    assert b"content" == kept.get("used")
    kept.prune()
    assert (None, b"content") == (kept.get("old"), kept.get("used"))


def test_the_cache_does_not_grow_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was of use last stays."""
    monkeypatch.setattr(cache, "_LARGEST", 1_000)
    kept, now = Cache(tmp_path), time.time()
    for number in range(5):
        kept.put(str(number), b"x" * 300)
        os.utime(tmp_path / str(number), (now, now - number))
    kept.prune()
    assert ["0", "1", "2"] == sorted(path.name for path in tmp_path.iterdir())[:3]
    assert not (tmp_path / "3").exists()


def alone(program: str) -> str:
    """Run a program in a process that has one thread, as the command line has."""
    text = f"import _thread, os, time\nfrom hopthu.source import parallel\n{program}"
    done = subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True)
    return done.stdout


BESIDE = """
import sys
_thread.start_new_thread(lambda: time.sleep(60), ())
while len(sys._current_frames()) < 2:
    time.sleep(0.01)
"""
SHARED = """
def work(job):
    return f"{job} {os.getpid()}".encode()
done = parallel.fork_map(range(2_000), work)
print([int(result.split()[0]) for result in done] == list(range(2_000)))
print(len({result.split()[1] for result in done}) > 1)
"""
# On a busy machine one may be done before another begins: each waits until the other is at work.
TOGETHER = """
here, first = os.getpid(), True
to_children, to_parent = os.pipe(), os.pipe()
def begun(work):
    def waits(job):
        global first
        if first:
            first = False
            mine, theirs = to_parent, to_children
            if os.getpid() != here:
                mine, theirs = theirs, mine
            os.write(theirs[1], b"..." if theirs is to_children else b".")  # three at most
            os.read(mine[0], 1)
        return work(job)
    return waits
over = parallel.fork_map
parallel.fork_map = lambda jobs, work: over(jobs, begun(work))
"""


def test_jobs_run_in_parallel_and_results_keep_the_order() -> None:
    """Whichever process did it; beside a thread, whose locks a child would inherit, by this one."""
    if (os.cpu_count() or 1) > 1:
        assert "True\nTrue\n" == alone(TOGETHER + SHARED)
    assert "True\nFalse\n" == alone(BESIDE + SHARED)


def test_jobs_a_child_left_undone_run_here() -> None:
    """A child that is killed costs time, not results."""
    program = """
here = os.getpid()
def work(job):
    if os.getpid() != here:
        os._exit(1)
    return str(job).encode()
print([str(n).encode() for n in range(100)] == parallel.fork_map(range(100), work))
"""
    assert "True\n" == alone(program)
