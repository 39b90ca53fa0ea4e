"""How old copies are: what counts is when they arrived, and what is missing is said."""

import json
import os
import shutil
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hopthu.answers import answer
from hopthu.app import backup as backups
from hopthu.app import restore as restores
from hopthu.app.apply import lacking
from hopthu.app.restore import Asked, _before, restore_directory
from hopthu.cli.restore import parsed
from hopthu.copies import status as statuses
from hopthu.copies.status import Copies, _copies, _Said, _wrong, as_json, as_text, named
from hopthu.daemons.backup import FOLDER
from hopthu.errors import HostFailed, HostRefused, Refused, UsageError
from hopthu.history.record import names
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.model.calendar import VIETNAM
from hopthu.remote.host import backup, copies_here, fill, kept_copies, moves, recover_directory
from hopthu.remote.host.copies_here import Here
from hopthu.remote.host.kept_copies import Kept, arrivals, kept, remove_view, view
from hopthu.remote.host.prune import prune
from hopthu.remote.host.state import Failed

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=VIETNAM)
WHAT = named("mail", "store1")
ID = "a" * 64


def copies(kind: str, hours: float | None, wrong: str = "") -> Copies:
    """Return copies of a kind, the newest so many hours old."""
    arrived = () if hours is None else (NOW - timedelta(days=30), NOW - timedelta(hours=hours))
    sent = arrived[-1] if arrived else None
    return Copies("backup1", "store1", kind, arrived, 2_000_000, 3 * 10**9, sent, NOW, wrong, ())


@pytest.mark.parametrize(
    ("found", "good", "says"),
    [
        (copies("mail", 39), True, "2 copies, the newest of 2026-11-28 18:00"),
        (copies("mail", 41), False, "No copy of the last 40 hours is known to be complete"),
        (copies("mail", -24 * 365), False, "No copy of the last 40 hours"),
        (replace(copies("mail", 1), arrived=(NOW + timedelta(1),)), False, "of the last 40 hours"),
        (replace(copies("mail", 1), sent=None), False, "No copy of the last 40 hours"),
        (copies("directory", 2), True, "the directory of store1, on backup1: 2 copies"),
        (copies("directory", 4), False, "No copy of the last 3 hours"),
        (copies("mail", None), False, "No copy of the last 40 hours"),
        (copies("mail", 1, "the last run failed"), False, "Wrong: the last run failed"),
    ],
)
def test_a_copy_that_is_missing_is_said(found: Copies, good: bool, says: str) -> None:
    """Too old, none at all, a run that left something out, a host that is gone."""
    assert good is found.good
    (line,) = as_text([found])
    assert says in line
    (row,) = json.loads(as_json([found]))["copies"]
    assert good is not (row["old"] or row["wrong"])


HERE: Here = {
    "failed": {}, "sent": {}, "full": {}, "cut_off": [], "good": {"rebuild": 0.0},
}  # fmt: skip
STORE = Host("store1", "store1.example.vn", "10.0.0.1", frozenset({"store"}))
PAIRED = replace(STORE, name="store1a", stores=("store1",), paired=True)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, ""),
        ({"failed": {"mail": ["people/an: x"]}}, "-mail.service on store1: people/an: x"),
        ({"failed": {"drill": ["x"]}}, "not all came back as it was: journalctl"),
        ({"failed": {"rebuild": ["people/an: x"]}}, "-rebuild.service on store1: people/an: x"),
        ({"failed": {"directory": ["x"]}}, ""),
        ({"cut_off": ["people/an"]}, "was cut off, run it again: people/an"),
    ],
)
def test_what_a_host_says_is_wrong(changes: Any, says: str) -> None:
    """Of each kind by itself."""
    found = _wrong(STORE, "mail", cast("Here", {**HERE, **changes}))
    assert says in found
    assert bool(says) is bool(found)


def test_folders_with_26_labels_are_named() -> None:
    """That is no failure: nobody knows from outside whether there are more."""
    found = replace(copies("mail", 1), full=("people/an/Maildir",))
    assert found.good
    assert "Folders that have 26: people/an/Maildir" in as_text([found])[0]


@pytest.mark.parametrize("kind", ["mail", "directory"])
def test_that_everything_came_back_is_said(kind: str) -> None:
    """With the day on which it last was as it had been; of records nobody tries that."""
    good = cast("Here", {**HERE, "good": {"rebuild": NOW.timestamp()}})
    assert NOW == statuses._rebuilt(kind, good)
    assert statuses._rebuilt("records", good) is None
    assert statuses._rebuilt(kind, HERE) is None
    found = replace(copies(kind, 1), rebuilt=NOW)
    assert "All of it was restored beside on 2026-11-30, and was as it" in as_text([found])[0]
    (row,) = json.loads(as_json([found]))["copies"]
    assert row["rebuilt"].startswith("2026-11-30T")


@pytest.mark.parametrize(
    ("kind", "oldest", "rebuilt", "says"),
    [
        ("mail", 41, None, "not all of it was restored since 2026-10-20"),
        ("directory", 41, None, "not all of it was restored since 2026-10-20"),
        ("records", 41, None, ""),
        ("mail", 39, None, ""),
        ("mail", 90, 39, ""),
        ("mail", 90, 41, "not all of it was restored since 2026-10-20"),
    ],
)
def test_that_not_everything_came_back_for_long_is_said(
    kind: str, oldest: int, rebuilt: int | None, says: str
) -> None:
    """Since the last time, or if it never came back, since there are copies: no run need fail."""
    now = NOW.timestamp()
    kept: Kept = {
        "arrivals": [("old", now - oldest * 86_400, "r"), ("new", now, "r")],
        "size": 1, "free": 1, "now": now, "wrong": "",
    }  # fmt: skip
    when = None if rebuilt is None else NOW - timedelta(rebuilt)
    assert says == _copies("b1", "store1", kind, kept, _Said({"b1": "new"}, (), "", {}, when)).wrong
    nothing: Kept = {**kept, "arrivals": []}
    assert "" == _copies("b1", "store1", kind, nothing, _Said({}, (), "", {})).wrong


class Noted(SimpleNamespace):
    """What is put on record of a run."""

    def add(self, hosts: Sequence[str], result: str, changes: Sequence[str]) -> None:
        """Put something on record."""
        self.lines.append((result, [*hosts], [*map(str, changes)]))


def test_a_drill_is_on_record_before_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each host that has mail or the directory; one that does not answer has not come back."""
    hosts = [
        replace(STORE, name=name, roles=frozenset({role}))
        for name, role in (("s1", "store"), ("s2", "store"), ("d1", "directory"), ("b1", "backup"))
    ]
    centre = SimpleNamespace(
        hosts=hosts, at_work=hosts, keepers=hosts[3:],
        copied=lambda host: {"s": ("mail",), "d": ("directory",), "b": ()}[host.name[0]],
    )  # fmt: skip
    wanted = SimpleNamespace(inventory=SimpleNamespace(centre=centre))
    noted = Noted(lines=[])
    monkeypatch.setattr(backups, "deployment", lambda *_: wanted)
    monkeypatch.setattr(backups, "read", lambda *_: None)
    monkeypatch.setattr(backups.Noting, "of", lambda *_: noted)

    def on_host(_inventory: object, _ssh: object, host: Host, seconds: float) -> Callable[..., Any]:
        assert 72 * 3600 == seconds

        def call(*_: object) -> list[str]:
            assert "" == noted.lines[0][0]
            if host.name == "s2":
                raise HostFailed(Message("s2 is down"))
            return ["people/an: broken"] if host.name == "d1" else []

        return call

    monkeypatch.setattr(statuses, "on_host", on_host)
    found = backups.drill(cast("Any", SimpleNamespace(root=None, on=None)), "c")
    assert ["s1: all of it was restored beside, and was as it had been"] == [*map(str, found.done)]
    assert [
        "s2: not all came back as it was: s2 is down",
        "d1: not all came back as it was: people/an: broken",
    ] == [*map(str, found.left)]
    begins, ends = noted.lines
    assert ("", ["s1", "s2", "d1"]) == begins[:2]
    assert ("failed", ["s1", "s2", "d1"], [*map(str, (*found.done, *found.left))]) == ends


@pytest.mark.parametrize(
    ("code", "failed", "says"),
    [(0, [], []), (1, ["an: x"], ["an: x"]), (5, [], ["Unit hopthu-x.service not found."])],
)
def test_a_run_that_cannot_begin_has_failed(
    code: int, failed: list[str], says: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it is there or not."""
    done = SimpleNamespace(returncode=code, stderr="Unit hopthu-x.service not found.\n")
    monkeypatch.setattr(copies_here, "run", lambda *_, **__: done)
    monkeypatch.setattr(copies_here, "_failed", lambda *_: failed)
    assert says == copies_here.run_now("x", "hopthu-x.service")


def test_only_what_the_host_has_sent_counts() -> None:
    """A file that arrived later is no copy because it is there."""
    kept_there: Kept = {
        "arrivals": [("sent", 100.0, "store1/mail"), ("garbage", 200.0, "store1/mail")],
        "size": 1, "free": 1, "now": 300.0, "wrong": "",
    }  # fmt: skip

    def seen(kept: Kept = kept_there, keeper: str = "b1", **sent: str) -> Copies:
        return _copies(keeper, "store1", "mail", kept, _Said(sent, (), "", {"b2": "no index"}))

    assert seen(b1="sent").good
    assert not seen(b1="never arrived", b2="sent").good
    assert not seen().good
    assert "no index" == seen(keeper="b2", b2="sent").wrong
    assert "x" == seen({**kept_there, "wrong": "x"}, b1="sent").wrong
    assert not seen({**kept_there, "now": 99.0}, b1="sent").good


def test_one_that_burnt_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each that keeps copies is asked by itself; what is wrong with one is said of it alone."""
    keepers = (*(Host(each, each, "", frozenset({"backup"})) for each in ("b1", "b2", "b3")),)
    inventory = SimpleNamespace(centre=Centre("c", (*keepers, PAIRED)))
    there: Kept = {"arrivals": [("x", 50.0, "r")], "size": 1, "free": 1, "now": 60.0, "wrong": ""}

    def on_host(_inventory: object, _ssh: object, host: Host, *_: object) -> Callable[..., object]:
        def call(*_: object) -> object:
            if host.name == "b1":
                raise HostFailed(Message("cannot reach b1"))
            return {"store1/mail": {**there, "wrong": "full" if host.name == "b3" else ""}}

        return call

    said = {"mail": _Said(dict.fromkeys(("b1", "b2", "b3"), "x"), (), "", {})}
    monkeypatch.setattr(statuses, "on_host", on_host)
    monkeypatch.setattr(statuses, "_said", lambda *_: said)
    monkeypatch.setattr(Centre, "provider", PAIRED)
    monkeypatch.setattr(Centre, "copied", lambda _, host: ("mail",) if host == PAIRED else ())
    lost, good, stuck = statuses.status(cast("Any", inventory), cast("Any", None))
    assert ("cannot reach b1", False) == (lost.wrong, lost.good)
    assert good.good
    assert "old copies are not removed: full" == stuck.wrong


def test_a_host_says_how_its_runs_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a file, which is there after a start of the host, when no unit is failed any more."""
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path))
    monkeypatch.setattr(copies_here, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    monkeypatch.setattr(copies_here, "_allowed", lambda repository, _: [repository])
    monkeypatch.setattr(copies_here, "_unreadable", lambda sent: f"not {sent[1]}")
    monkeypatch.setattr(backup, "SETTINGS", tmp_path)
    (tmp_path / "b1").write_text("")
    monkeypatch.setattr(copies_here, "cut_off", lambda: ["people/b"])
    (tmp_path / "copies").mkdir()
    for kind, snapshot, failed in (("mail", "abc", ["an: broken"]), ("drill", "abc", [])):
        sent = {keeper: [f"{keeper}/mail-2026-11", snapshot] for keeper in ("b1", "gone")}
        text = json.dumps({"sent": sent, "failed": failed, "full": ["people/an"]})
        (tmp_path / "copies" / kind).write_text(text)
        os.utime(tmp_path / "copies" / kind, (100, 100))
    assert copies_here.look({"mail": "m", "directory": "d"}, {"drill": "e"}) == {
        "failed": {"mail": ["an: broken"]},
        "sent": {"mail": {"b1": "abc", "gone": "abc"}, "directory": {}},
        "full": {"mail": ["people/an"], "directory": []}, "cut_off": ["people/b"],
        "good": {"mail": 0.0, "directory": 0.0, "drill": 100.0},
    }  # fmt: skip
    assert copies_here.tried("b1", ["mail", "directory"], "other") == {
        "allowed": ["b1/directory", "b1/mail", "b1/mail-2026-11"],
        "unreadable": {"mail": "not abc"},
    }
    with pytest.raises(Failed, match="this host sends no copies to gone"):
        copies_here.tried("gone", ["mail"], "other")


def test_what_is_wrong_at_one_that_keeps_copies_is_said_of_it_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That it allows too much, hardly answers, or cannot be read; nor does one taken out matter."""
    keepers = [
        replace(STORE, name=name, roles=frozenset({"backup"})) for name in ("b1", "b2", "b3")
    ]
    inventory = SimpleNamespace(centre=Centre("c", (*keepers, STORE)))
    answers = {
        "b1": {"allowed": ["DELETE x"], "unreadable": {}},
        "b2": {"allowed": [], "unreadable": {"mail": "no index"}},
    }

    def on_host(*_: object) -> Callable[..., object]:
        def call(function: Callable[..., object], *arguments: Any) -> object:
            if function is copies_here.look:
                return {**HERE, "sent": {"mail": {"gone": "x"}}, "full": {"mail": []}}
            if arguments[0] not in answers:
                raise HostFailed(Message("store1: did not finish"))
            return answers[arguments[0]]

        return call

    monkeypatch.setattr(statuses, "on_host", on_host)
    said = statuses._said(cast("Any", inventory), cast("Any", None), STORE, ["mail"])["mail"]
    assert {
        "b1": "store1 may do what it must not: DELETE x",
        "b2": "the last copy cannot be read: no index",
        "b3": "store1: did not finish",
    } == said.there
    assert "" == said.wrong


def arrive(top: Path, *snapshots: tuple[str, str, float]) -> None:
    """Have snapshots in repositories, each with the time of its arrival."""
    for repository, name, seconds in snapshots:
        path = top / repository / "snapshots" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("sealed")
        os.utime(path, (seconds, seconds))


def test_a_repository_is_read_from_its_disk(tmp_path: Path) -> None:
    """Oldest first by arrival, whatever a snapshot says, and in whichever repository it is."""
    a, b, c = (letter * 64 for letter in "abc")
    one, other = "store1/mail", "store1/mail-2026-11-01-180000"
    arrive(tmp_path, (one, b, 100), (other, a, 200), (one, c, 50), (other, "d-cut-off", 300))
    arrive(tmp_path, ("store1/directory-2026-11", a, 70), ("store1/past-x", a, 70))
    wanted = [(c, 50.0, one), (b, 100.0, one), (a, 200.0, other)]
    assert wanted == arrivals(str(tmp_path), "store1/mail")
    found = kept(str(tmp_path), ["store1/mail", "store2/mail"])
    assert ["store1/mail"] == [*found]
    assert found["store1/mail"]["size"] > 0
    assert [] == arrivals(str(tmp_path), "store2/mail")


DAY, YEAR = 86_400.0, 365 * 86_400.0


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where repositories are kept, by a host with a state of its own."""
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path / "state"))
    (tmp_path / "state" / "copies").mkdir(parents=True)
    (tmp_path / "top").mkdir()
    return tmp_path / "top"


def mornings(top: Path, number: int, *repositories: str, now: float = YEAR) -> set[str]:
    """Have a copy arrive in repositories every night, and old ones removed; return what is left."""
    for day in range(number):
        for each in repositories:
            arrive(top, (each, os.urandom(32).hex(), now + day * DAY))
        assert [] == prune(str(top), "31")["failed"]
    return {str(each.relative_to(top)) for each in top.glob("*/*")}


def test_old_copies_are_removed_a_repository_at_a_time(top: Path) -> None:
    """When newer ones have come on so many days; of another kind or host nothing is removed."""
    others = {"store1/directory-2026-07", "store2/mail"}
    arrive(top, *((each, "a" * 64, 1.0) for each in others))
    first, second, third = (f"store1/mail-2026-{month}" for month in ("07", "08-01-180000", "09"))
    mornings(top, 2, first, second)
    assert {first, second} <= mornings(top, 31, third)
    (top / "store2" / "removed-mail-2026-01").mkdir()
    assert {first, second, third, *others} == mornings(top, 3)
    left = mornings(top, 1, third) - others
    assert third in left
    assert 2 == len(left)
    assert {third} == mornings(top, 1, third) - others
    assert {third} == mornings(top, 40, third) - others


@pytest.mark.parametrize("now", [100.0, YEAR, 3 * YEAR, 74 * YEAR])
def test_newer_copies_push_nothing_out_before_their_time(top: Path, now: float) -> None:
    """Of a host that was lost for months, or by a clock that is wrong: the old may be the good."""
    months = [f"store1/mail-2026-{month:02}" for month in (6, 7, 8)]
    for each in months:
        mornings(top, 3, each)
    newer = ("store1/mail-2026-12", "store2/mail")
    assert {*months, *newer} == mornings(top, 5, *newer, now=now)


def test_forged_copies_push_nothing_out(top: Path) -> None:
    """However many, in whichever month; nor a host's newest, when others were removed by hand."""
    good, later = "store1/mail-2026-11", "store1/mail-2026-12"
    mornings(top, 1, good)
    forged = [f"store1/mail-{year}-01" for year in range(2020, 2030)]
    assert {good, *forged} == mornings(top, 30, *forged)
    assert {good, *forged} == mornings(top, 1, good, *forged)
    mornings(top, 31, later)
    shutil.rmtree(top / later)
    for each in forged:
        shutil.rmtree(top / each)
    assert {good} == mornings(top, 5)


def test_nothing_that_came_later_is_in_a_view(tmp_path: Path) -> None:
    """An index that is none, a forged snapshot, a key, a lock: as if they had never arrived."""
    live = tmp_path / "store1" / "mail"
    for part, name, seconds in (
        ("", "config", 10), ("keys", "e" * 64, 11), ("data/ab", "ab" * 32, 20),
        ("index", "1" * 64, 30), ("snapshots", "2" * 64, 40),
        ("index", "3" * 64, 50), ("snapshots", "4" * 64, 50), ("keys", "5" * 64, 50),
        ("locks", "6" * 64, 20), ("index", f"{'7' * 64}.rest-server-temp", 30),
    ):  # fmt: skip
        (live / part).mkdir(parents=True, exist_ok=True)
        (live / part / name).write_text("sealed")
        os.utime(live / part / name, (seconds, seconds))
    name = view(str(tmp_path), "store1/mail", "2" * 64)
    seen = tmp_path / name
    assert {
        "config", f"keys/{'e' * 64}", f"data/ab/{'ab' * 32}", f"index/{'1' * 64}",
        f"snapshots/{'2' * 64}",
    } == {str(each.relative_to(seen)) for each in seen.rglob("*") if each.is_file()}  # fmt: skip
    assert {0o40755} == {each.stat().st_mode for each in (seen, *seen.rglob("*")) if each.is_dir()}
    left = tmp_path / "store1" / "past-of-a-restore-that-was-killed"
    left.mkdir()
    os.utime(left, (0, 0))
    other = view(str(tmp_path), "store1/mail", "2" * 64)
    assert seen.is_dir()
    assert not left.exists()
    for each in (name, other):
        remove_view(str(tmp_path), each)
    assert [live] == [*(tmp_path / "store1").iterdir()]
    assert (live / "index" / ("3" * 64)).is_file()


@pytest.mark.parametrize("theirs", ["link", "folder"])
def test_a_view_leads_root_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theirs: str
) -> None:
    """The folder of a host is the server's, which can put another thing in place of any in it."""
    live, other = tmp_path / "store1" / "mail", tmp_path / "root's"
    (live / "snapshots").mkdir(parents=True)
    (live / "config").write_text("x")
    (live / "snapshots" / ("2" * 64)).write_text("x")
    other.mkdir(0o700)
    if theirs == "folder":
        shutil.chown(other, "nobody")
    real = os.mkdir

    def mkdir(path: str, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        real(path, mode, dir_fd=dir_fd)
        made = next((tmp_path / "store1").glob("past-*"))
        if theirs == "link":
            made.rename(tmp_path / "aside")
            made.symlink_to(other)
        else:
            shutil.chown(made, "nobody")

    monkeypatch.setattr(os, "mkdir", mkdir)
    with pytest.raises((Failed, OSError)):
        view(str(tmp_path), "store1/mail", "2" * 64)
    assert 0o700 == other.stat().st_mode & 0o777
    assert [] == [*other.iterdir()]


@pytest.mark.parametrize("call", [view, remove_view])
def test_no_folder_of_a_host_is_a_link(tmp_path: Path, call: Callable[..., object]) -> None:
    """Whoever has taken the server over puts one there."""
    top, other = tmp_path / "top", tmp_path / "other"
    (other / "past-1").mkdir(parents=True)
    top.mkdir()
    (top / "store1").symlink_to(other)
    words = ("store1/past-1", "2" * 64) if call is view else ("store1/past-1",)
    with pytest.raises(Failed, match="is no folder"):
        call(str(top), *words)
    assert (other / "past-1").is_dir()


def test_the_newest_copy_before_a_moment_is_taken() -> None:
    """One that arrives later, with whatever date in it, is never taken for yesterday's."""
    hours = [
        ("old", NOW - timedelta(hours=48)),
        ("new", NOW - timedelta(hours=24)),
        ("forged", NOW),
    ]
    known = [(STORE, (name, moment.timestamp(), "store1/mail")) for name, moment in hours]

    def taken(at: datetime) -> str:
        ((_, (name, *_)),) = _before(known, at, WHAT)
        return name

    assert "new" == taken(NOW - timedelta(minutes=1))
    assert "new" == taken(NOW - timedelta(hours=24))
    assert "old" == taken(NOW - timedelta(hours=25))
    with pytest.raises(Refused, match="no copy is as old as") as caught:
        _before(known, NOW - timedelta(hours=49), WHAT)
    assert "2026-11-28 09:00" in str(caught.value.fix)
    with pytest.raises(Refused, match="there is no copy of mail of store1"):
        _before([], NOW, WHAT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-29 14:30", datetime(2026, 11, 29, 14, 30, tzinfo=VIETNAM)),
        ("2026-11-29", datetime(2026, 11, 29, 23, 59, 59, 999999, tzinfo=VIETNAM)),
    ],
)
def test_a_moment_is_vietnams(text: str, expected: datetime) -> None:
    """A day alone means its end."""
    assert expected == parsed(text)


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "29/11/2026", "2026-11-29T14:30Z"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(UsageError, match="is no moment"):
        parsed(text)


def test_what_a_centre_copies() -> None:
    """Stores, directories that are or can be written to, and where hopthu runs.

    Nothing if nobody keeps copies.
    """
    store = Host("s1", "s1.vn", "10.0.0.1", frozenset({"store"}), ("store1",))
    provider = Host("d1", "d1.vn", "10.0.0.2", frozenset({"directory"}), provider=True)
    ready = replace(provider, name="d2", provider=False)
    operator = Host("o1", "o1.vn", "10.0.0.4", frozenset({"operator"}))
    keeper = Host("b1", "b1.vn", "10.0.0.3", frozenset({"backup"}))
    centre = Centre("c", (keeper, provider, ready, operator, store))
    both = ("directory", "records")
    assert [(), both, both, ("records",), ("mail",)] == [
        centre.copied(host) for host in centre.hosts
    ]
    assert [(), ()] == [Centre("c", (provider, store)).copied(host) for host in (provider, store)]


class Job(SimpleNamespace):
    """A restore whose hosts are functions: what they were asked, and what went on record."""

    def __init__(self, answer: Callable[[Callable[..., object]], object], *hosts: Host) -> None:
        centre = Centre("c", (*hosts, replace(STORE, name="b1", roles=frozenset({"backup"}))))
        inventory = SimpleNamespace(centre=centre)
        super().__init__(wanted=SimpleNamespace(inventory=inventory), keepers=centre.keepers)
        self.answer, self.asked = answer, list[str]()
        self.noted, self.state = list[tuple[str, str]](), SimpleNamespace(mailboxes=())

    def on(self, _host: Host, _timeout: float = 0) -> Callable[..., object]:
        """Return what calls functions on a host."""

        def call(function: Callable[..., object], *_: object) -> object:
            self.asked.append(function.__name__)
            if function is kept_copies.arrivals:
                return [("abc", 0.0, "store1/mail-2026-11")]
            return "store1/past-1" if function is kept_copies.view else self.answer(function)

        return call

    def note(self, _host: Host, result: str, changes: Sequence[str]) -> None:
        """Put something on record."""
        self.noted += [(result, each) for each in changes]

    def require_basis(self, people: object) -> None:
        """Take any document."""


@pytest.mark.parametrize(
    ("ends", "noted", "removed"),
    [
        (KeyboardInterrupt(), [""], False),
        (HostFailed(Message("cannot reach mail1")), [""], False),
        (HostRefused(Message("mail1: no room")), ["", "failed"], True),
    ],
    ids=["cut off here", "cut off on the way", "refused there"],
)
def test_a_restore_is_on_record_before_it_begins(
    ends: BaseException, noted: list[str], removed: bool
) -> None:
    """It failed if its store says so; otherwise the store may go on, and still reads the copy."""

    def answer(function: Callable[..., object]) -> object:
        if function is recover_directory.directory:
            assert [""] == [result for result, _ in job.noted]
            raise ends
        return None

    job = Job(answer, STORE)
    run = restores._Run(cast("Any", job), STORE, "directory", restores._DIRECTORY, {"host": "x"})
    with pytest.raises(type(ends)):
        run.carried_out(NOW, lambda *_: job.on(STORE)(recover_directory.directory))
    assert noted == [result for result, _ in job.noted]
    assert removed is ("remove_view" in job.asked)


@pytest.mark.parametrize("silent", [{"b1"}, {"b2"}, {"b1", "b2"}])
def test_a_restore_goes_on_with_who_still_has_copies(silent: set[str]) -> None:
    """And says that another may have a newer one; it fails if nobody answers."""
    times = {"b1": 10.0, "b2": 20.0}
    keepers = [replace(STORE, name=name, roles=frozenset({"backup"})) for name in times]
    job = Job(lambda _: None, PAIRED)
    job.keepers = keepers

    def on(host: Host, _timeout: float = 0) -> Callable[..., object]:
        def call(function: Callable[..., object], *said: object) -> object:
            if host.name in silent:
                raise HostFailed(Message("{host} is silent", host=host.name))
            if function is kept_copies.arrivals:
                assert (FOLDER, "store1/mail") == said
                return [(f"of-{host.name}", times[host.name], "store1/mail-2026-11")]
            return "store1/past-1"

        return call

    job.on = on
    run = restores._Run(cast("Any", job), PAIRED, "mail", restores._STORE, {"host": "x"})
    if len(silent) == len(times):
        with pytest.raises(HostFailed, match="b1 is silent"):
            run.carried_out(NOW, lambda copy, _: copy)
        return
    (left,) = times.keys() - silent
    assert (f"{left}/past-1", f"of-{left}") == run.carried_out(NOW, lambda copy, _: copy)
    (said,) = run.recorded((), mailboxes=0, messages=0).then
    assert f"{silent.pop()} did not answer" in said


def test_what_one_keeper_says_hides_nothing_of_another() -> None:
    """What cannot be is its failure: it is taken for one that does not answer, and named."""
    job = Job(lambda _: None, STORE)
    job.keepers = [replace(STORE, name=name, roles=frozenset({"backup"})) for name in ("b1", "b2")]

    def on(host: Host, _timeout: float = 0) -> Callable[..., object]:
        def call(function: Callable[..., object], *_: object) -> object:
            if function is kept_copies.arrivals:
                said = [["x" * 64 if host.name == "b2" else ID, 10.0, "store1/mail-2026-11"]]
                return answer(host.name, json.dumps(said), function)
            return "store1/past-1"

        return call

    job.on = on
    run = restores._Run(cast("Any", job), STORE, "mail", restores._STORE, {"host": "x"})
    assert "b1" == run.carried_out(NOW, lambda copy, _: copy[0].partition("/")[0])
    (unseen,) = run.recorded((), mailboxes=0, messages=0).then
    assert "b2 did not answer" in unseen


def test_what_one_keeps_and_cannot_be_read_comes_from_another() -> None:
    """The newest that any has is first, by clocks that their roots can set: others are named.

    On record it failed only if none came back.
    """
    times = {"b1": 10.0, "b2": 20.0}
    job = Job(lambda _: None, STORE)
    job.keepers = [replace(STORE, name=name, roles=frozenset({"backup"})) for name in times]

    def on(host: Host, _timeout: float = 0) -> Callable[..., object]:
        def call(function: Callable[..., object], *_: object) -> object:
            if function is kept_copies.arrivals:
                return [("abc", times[host.name], "store1/mail-2026-11")]
            return "store1/past-1"

        return call

    job.on = on
    unread = {"b2"}

    def taken(copy: tuple[str, str], _: object) -> str:
        keeper = copy[0].partition("/")[0]
        if keeper in unread:
            raise HostRefused(Message("no index"))
        return keeper

    run = restores._Run(cast("Any", job), STORE, "mail", restores._STORE, {"host": "x"})
    assert "b1" == run.carried_out(NOW, taken)
    done = run.recorded((), mailboxes=0, messages=0)
    assert "as of 1970-01-01 07:00 on b1, 0 mailbox(es)" in done.done[0]
    assert [
        "b1 has a copy of 1970-01-01 07:00; --from b1 takes that",
        "the copy on b2 did not come back: no index",
    ] == [*map(str, done.then)]
    assert ["", "", "applied"] == [result for result, _ in job.noted]
    unread.add("b1")
    with pytest.raises(HostRefused):
        run.carried_out(NOW, taken)
    assert "failed" == job.noted[-1][0]


@pytest.mark.parametrize("dies_at", ["view", "call", "remove_view"])
def test_one_that_dies_meanwhile_decides_nothing(dies_at: str) -> None:
    """What another keeps is taken; what has come back stays, though its view is still there."""
    times, dead = {"b1": 10.0, "b2": 20.0}, set[str]()
    job = Job(lambda _: None, STORE)
    job.keepers = [replace(STORE, name=name, roles=frozenset({"backup"})) for name in times]

    def on(host: Host, _timeout: float = 0) -> Callable[..., object]:
        def call(function: Callable[..., object], *_: object) -> object:
            if function is kept_copies.arrivals:
                return [("abc", times[host.name], "store1/mail-2026-11")]
            if host.name == "b2" and function.__name__ == dies_at:
                dead.add("b2")
            if host.name in dead:
                raise HostFailed(Message("b2: no route to host"))
            return "store1/past-1"

        return call

    job.on = on
    asked: list[str] = []

    def taken(copy: tuple[str, str], _: object) -> str:
        keeper = copy[0].partition("/")[0]
        asked.append(keeper)
        if keeper == "b2" and dies_at == "call":
            dead.add("b2")
            raise HostRefused(Message("connection refused"))
        return keeper

    run = restores._Run(cast("Any", job), STORE, "mail", restores._STORE, {"host": "x"})
    took = run.carried_out(NOW, taken)
    done = run.recorded((), mailboxes=0, messages=0)
    assert f"on {took}, " in done.done[0]
    assert "applied" == job.noted[-1][0]
    assert {"view": ["b1"], "call": ["b2", "b1"], "remove_view": ["b2"]}[dies_at] == asked
    said = [*map(str, done.then)][1:]
    left = "what the restore read stays on b2 for a week: b2: no route to host"
    unread = "the copy on b2 did not come back: "
    assert {
        "view": [f"{unread}b2: no route to host"],
        "call": [left, f"{unread}connection refused"],
        "remove_view": [left],
    }[dies_at] == said


def test_a_directory_that_is_in_place_has_not_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another host that did not forget its own is named: it would never follow this one."""
    roles = (("mail1", "directory"), ("mail2", "store"))
    hosts = (*(replace(STORE, name=name, roles=frozenset({role})) for name, role in roles),)

    def answer(function: Callable[..., object]) -> object:
        if function is fill.forget:
            raise HostRefused(Message("mail2: slapd does not stop"))
        return [] if function is moves.here else {"number": 3, "followed": []}

    job = Job(answer, *hosts)
    monkeypatch.setattr(restores._Job, "begun", lambda *_: job)
    done = restore_directory(Asked(cast("Any", None), "c", datetime.now(VIETNAM), "cv-1"))
    assert ["", "applied", "applied"] == [result for result, _ in job.noted]
    assert "3 entries" in done.done[0]
    assert "mail2: slapd does not stop" in done.left[0]
    assert "restore it once more" in done.sentences[-1]


def test_mailboxes_that_moved_since_the_copy_stay_where_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The copy has them on their former store, and a move from there would bring nothing."""
    hosts = (
        replace(STORE, name="mail1", fqdn="mail1.vn", roles=frozenset({"directory"})),
        *(replace(STORE, name=name, fqdn=f"{name}.vn", stores=(name,)) for name in ("s1", "s2")),
        replace(STORE, name="s3", fqdn="s3.vn"),
    )
    has = {
        "s1": ["people/old", "people/twice", "people/waits"],
        "s2": ["people/moved", "people/twice", "units/sotc", "people/nobody"],
    }
    job, asked = Job(lambda _: None, *hosts), []

    def on(host: Host, _timeout: float = 0) -> Callable[..., object]:
        def call(function: Callable[..., object], *arguments: object) -> object:
            if function is moves.here and host.name not in has:
                raise HostFailed(Message("cannot reach {host}", host=host.name))
            if function is moves.here:
                return has[host.name]
            if function is recover_directory.directory:
                asked.append(arguments[-1])
                return {"number": 3, "followed": ["people/moved"]}
            return [("abc", 0.0, "x/y")] if function is kept_copies.arrivals else "x/past-1"

        return call

    job.on = on
    stores = {"old": "s1", "moved": "s2", "twice": "s2", "waits": "s2", "sotc": "s2"}
    job.state.mailboxes = [
        SimpleNamespace(id=name, store=at, kind="unit" if name == "sotc" else "personal")
        for name, at in stores.items()
    ]
    monkeypatch.setattr(restores._Job, "begun", lambda *_: job)
    done = restore_directory(Asked(cast("Any", None), "c", datetime.now(VIETNAM), "cv-1"))
    assert [{"people/old": "s1.vn", "people/moved": "s2.vn", "units/sotc": "s2.vn"}] == asked
    said = [str(each) for each in done.then]
    assert "1 mailbox(es) moved since the copy, and stay where they are: people/moved" in said
    assert "people/twice is on s1, s2; the directory has what the copy says" in said
    assert any("s3 does not say which mailboxes it has" in each for each in said)


def test_the_directory_of_a_copy_has_mailboxes_where_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing else of its entries is changed."""
    copied = (
        "dn: dc=vn\no: x\n\n"
        "dn: uid=an,ou=people,dc=vn\nuid: an\nmailHost: s1.vn\nuserPassword:: abc\n\n"
        "dn: uid=binh,ou=people,dc=vn\nuid: binh\nmailHost: s1.vn\n\n"
        "dn: ou=binh,ou=units,dc=vn\nou: binh\nmailHost: s1.vn\nuid: binh\n\n"
    )
    made: list[str] = []
    answer = SimpleNamespace(stdout=copied.encode())
    monkeypatch.setattr(recover_directory, "restic", lambda *_, **__: answer)
    monkeypatch.setattr(fill, "put", lambda _, ldif: made.append(ldif))
    where = {"people/an": "s2.vn", "units/binh": "s2.vn", "people/nobody": "s2.vn"}
    done = recover_directory.directory(("b1/directory", "abc"), "hopthu", where)
    assert {"number": 4, "followed": ["people/an", "units/binh"]} == done
    an, unit = "uid: an\nmailHost: s1.vn", "ou: binh\nmailHost: s1.vn"
    wanted = copied.replace(an, an.replace("s1", "s2")).replace(unit, unit.replace("s1", "s2"))
    assert [wanted] == made


def test_what_a_store_says_is_on_record_under_its_own_name() -> None:
    """A copy may have any names in it; none makes a line about somebody, or two lines of one."""
    left = ("people/an]\n\x1b[mail le-van-bay]: is not on this host [mail le-van-bay]",)
    job = Job(lambda _: None, STORE)
    values = {"host": "mail1", "moment": "2026-11-28 00:00"}
    run = restores._Run(cast("Any", job), STORE, "mail", restores._STORE, values)
    (said,) = run.recorded(left, mailboxes=0, messages=0).left
    assert said.isprintable()
    assert names(said, {"mail1"})
    assert not names(said, {"le-van-bay"})


@pytest.mark.parametrize(
    ("roles", "alarms", "throwaway", "says"),
    [
        ({"store"}, "", False, ["all mail on it is lost", "nobody is told of anything"]),
        ({"backup", "monitor"}, "", False, ["nobody is told of anything"]),
        ({"backup"}, "http://sms/", False, ["nobody is told of anything"]),
        ({"backup", "monitor"}, "http://sms/", False, []),
        ({"store"}, "", True, []),
    ],
    ids=["nothing", "mail alone", "no monitor", "both", "a lab"],
)
def test_an_apply_says_what_a_centre_lacks(
    roles: set[str], alarms: str, throwaway: bool, says: list[str]
) -> None:
    """Copies, or a second way for alarms; once, beside the plan. A lab has nothing to lose."""
    host = replace(STORE, roles=frozenset(roles), alarms=alarms)
    centre = Centre("production", (host,))
    inventory = SimpleNamespace(centre=centre, throwaway=throwaway)
    prepared = cast("Any", SimpleNamespace(deployment=SimpleNamespace(inventory=inventory)))
    said = lacking(prepared)
    assert len(says) == len(said)
    assert all(words in text for words, text in zip(says, said, strict=True))


def test_who_does_not_answer_hides_nothing_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked nothing that takes long; that its copy cannot be read is said of it alone."""
    monkeypatch.setattr(backup, "SETTINGS", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    text = f"HOPTHU_BACKUP=rest:https://127.0.0.1:{port}/store1\n"
    (tmp_path / "b1").write_text(text)
    assert "Connection refused" in copies_here._unreadable(("b1/mail-2026-11", "abc"))
    assert [] == copies_here._allowed("b1/mail", "other")
