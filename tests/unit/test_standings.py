"""Which directory is written to: what hosts say, against what the inventory says."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hopthu.app.apply import astray
from hopthu.daemons.openldap import numbers
from hopthu.errors import HostFailed, Refused
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.remote.host.replica import Standing
from hopthu.servers import standings
from hopthu.servers.state import Lacking
from hopthu.ssh import OnHost, Ssh

DIR1, DIR2 = (
    Host(name, f"{name}.x.vn", "10.0.0.1", frozenset({"directory"}), provider=name == "dir1")
    for name in ("dir1", "dir2")
)
CENTRE = Centre("lab", (DIR1, DIR2))
NUMBERS = numbers([DIR1, DIR2])
AHEAD, ASTRAY = Lacking(ahead=("access1",)), Lacking(astray=("access1",))


def made(host: Host, minute: int) -> str:
    """Return a change that was made on a host."""
    return f"202612010{minute:03}00.000000Z#000000#{NUMBERS[host]:03x}#000000"


def standing(written: bool, run: str = "", position: str = "") -> Standing:
    return {"written": written, "position": position, "run": run}


@pytest.mark.parametrize(
    ("hosts", "theirs", "written", "now", "expected"),
    [
        ((DIR1, DIR2), made(DIR2, 5), False, made(DIR2, 4), AHEAD),
        ((DIR1, DIR2), made(DIR2, 5), False, made(DIR2, 5), Lacking()),
        ((DIR1, DIR2), made(DIR2, 5), True, made(DIR2, 4), AHEAD),
        ((DIR1,), made(DIR2, 5), False, made(DIR2, 4), ASTRAY),
        ((DIR1, DIR2), f"{made(DIR1, 10)} {made(DIR2, 4)}", False, made(DIR2, 4), ASTRAY),
    ],
    ids=["lacks", "has got it meanwhile", "hands over", "of one that is gone", "its own"],
)
def test_who_is_written_to_has_what_those_have_who_follow(
    hosts: tuple[Host, ...], theirs: str, written: bool, now: str, expected: Lacking
) -> None:
    """As far as somebody is there to have it from: nobody gives it what it made itself.

    What it never gets a person is told before anything is changed.
    """
    others = {"access1": standing(written, position=f"{made(DIR1, 9)} {theirs}")}
    before, later = (f"{made(DIR1, 9)} {change}" for change in (made(DIR2, 4), now))
    centre = Centre("lab", hosts)
    assert expected == standings.lacking(centre, others, before, lambda: later)
    assert Lacking() == standings.lacking(centre, others, "", lambda: "")
    if written:  # two are: one comes back
        others["dir1"] = standing(True)
        assert ASTRAY == standings.lacking(centre, others, before, lambda: later)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"dir1": standing(True, "1"), "dir2": standing(True, "2")}, ("dir2",)),
        ({"dir1": standing(True, "2"), "dir2": standing(True, "1")}, ()),
        ({"dir1": standing(False, "1"), "dir2": standing(True, "2")}, ()),
        ({"dir1": standing(True, "1"), "dir2": standing(False, "2")}, ()),
        ({"dir2": standing(True, "2")}, ()),
        ({"dir1": standing(True, ""), "dir2": standing(True, "2")}, ("dir2",)),
        ({"dir1": standing(True, "1"), "store1": standing(True, "2")}, ()),
    ],
    ids=["took over", "comes back", "hands over", "follows", "no answer", "no record", "no such"],
)
def test_of_two_that_are_written_to_the_later_one_took_over(
    said: Mapping[str, Standing], found: tuple[str, ...]
) -> None:
    assert found == standings.successors(CENTRE, said)


def refuse(said: Mapping[str, Standing], monkeypatch: pytest.MonkeyPatch, centre: Centre) -> None:
    def answer(on_host: OnHost, _question: object) -> Standing:
        if on_host.target.name not in said:
            raise HostFailed("no answer")
        return said[on_host.target.name]

    monkeypatch.setattr(OnHost, "__call__", answer)
    data = {host.name: {} for host in centre.hosts}
    standings.refuse_successors(Inventory(Path("lab.py"), centre, data, {}), Ssh())


def test_nothing_is_written_to_a_directory_that_another_took_over_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a clone that has not heard of it; a host that does not answer stops nobody."""
    both = {"dir1": standing(True, "1"), "dir2": standing(True, "2")}
    with pytest.raises(Refused, match="on dir1 is to be written to, and dir2 took over from it"):
        refuse(both, monkeypatch, CENTRE)
    pulled = Centre("lab", (replace(DIR1, provider=False), replace(DIR2, provider=True)))
    refuse(both, monkeypatch, pulled)
    refuse({"dir1": both["dir1"]}, monkeypatch, CENTRE)
    refuse({}, monkeypatch, Centre("lab", (DIR1,)))


@pytest.mark.parametrize("hosts", [(), ("access1", "store1")])
def test_what_is_set_aside_is_said_before_anybody_agrees(hosts: tuple[str, ...]) -> None:
    live = SimpleNamespace(lacking=Lacking(astray=hosts))
    authorised: Any = SimpleNamespace(
        permit=SimpleNamespace(live=live), job=SimpleNamespace(provider="dir1")
    )
    said = astray(authorised)
    assert bool(hosts) == bool(said)
    assert all("access1, store1: " in text and "can give dir1 any more" in text for text in said)
