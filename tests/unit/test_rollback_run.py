"""A rollback over hosts that are not there: in which order, and what becomes of failures."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest

from hopthu.apply.run_context import ApplyContext
from hopthu.cli import rollback as command
from hopthu.desired.state import Desired
from hopthu.errors import HostFailed, Refused
from hopthu.history.record import Record
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Policy
from hopthu.rollback import run as rollback
from hopthu.rollback.preview import Preview
from hopthu.rollback.run import Rollback
from hopthu.ssh import Outcome

ROLES = {"dir1": "directory", "store1": "store", "access1": "access", "edge1": "edge"}
HOSTS = tuple(Host(n, f"{n}.x.vn", "10.0.0.1", frozenset({r})) for n, r in sorted(ROLES.items()))
RUN = Record(
    id="20261123T080000Z-1a2b3c4",
    commit="1a2b3c4" + "0" * 33,
    data="d" * 64,
    on="2026-11-21",
    who="Lê Văn Bình",
    started="2026-11-23T08:00:00Z",
    changes=("back to before X [run X]",),
)
BACK = {
    name: replace(RUN, id=f"2026112{n}T080000Z-1a2b3c4", data=f"{n}" * 64, result="applied")
    for n, name in enumerate(ROLES)
}


@dataclass
class Told:
    """Everything hosts are told, in order; stands for connections, leases and the observer."""

    lines: list[str] = field(default_factory=list)
    kept: dict[str, Record] = field(default_factory=dict)
    journal: list[dict[str, object]] = field(default_factory=list)
    fails: dict[str, BaseException | str] = field(default_factory=dict)

    def run(self, target: object, script: str, **_: object) -> Outcome:
        """Put a record back on a host."""
        name = target.name  # type: ignore[attr-defined]
        assert script.startswith(f"/run/hopthu/{RUN.id}/sh -c ")
        self.lines.append(f"restore {name}")
        wrong = self.fails.get(f"restore {name}", "")
        if isinstance(wrong, BaseException):
            raise wrong
        return Outcome(1 if wrong else 0, "postfix: 1 file(s) put back, 0 removed\n", wrong)

    def output(self, target: object, _script: str, *, stdin: bytes = b"") -> str:
        """Add a line to the journal."""
        assert "dir1" == target.name  # type: ignore[attr-defined]
        if error := self.fails.get("journal"):
            raise error if isinstance(error, BaseException) else HostFailed(error)
        self.journal.append(json.loads(stdin))
        return ""

    def prove(self, _ssh: object, target: object, _asked: object) -> None:
        """Ask whether a host serves."""
        name = target.name  # type: ignore[attr-defined]
        self.lines.append(f"prove {name}")
        wrong = self.fails.get(f"prove {name}")
        if wrong:
            if wrong == "at first":
                del self.fails[f"prove {name}"]
            raise HostFailed(f"{name} does not serve")

    def stage(self, text: str) -> None:
        """Nothing is shown here."""

    def settled(self, host: str, text: str) -> None:
        """Keep what has become of a host."""
        self.lines.append(f"{host}: {text}")

    def warned(self, text: str) -> None:
        """Keep a warning."""
        self.lines.append(f"! {text}")


@dataclass
class FakeLease:
    """The hold on one host."""

    host: str
    told: Told

    def begin(self, record: str) -> None:
        """See that the draft says what is to be."""
        draft = Record.from_json(record)
        assert ("", self.host, BACK[self.host].data) == (draft.result, draft.host, draft.data)

    def keep(self, record_id: str, record: str) -> None:
        """Keep the record."""
        assert RUN.id == record_id
        self.told.kept[self.host] = Record.from_json(record)

    def kept(self) -> None:
        """Nothing to wait for."""

    def roll_back(self) -> bool:
        """Return, unless the host cannot be heard."""
        if f"return {self.host}" in self.told.fails:
            raise HostFailed("no connection")
        return True


Make = Callable[..., tuple[Rollback, Told]]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return a rollback of every host, and what it tells."""

    def made(same: tuple[str, ...] = (), **fails: BaseException | str) -> tuple[Rollback, Told]:
        told = Told(fails={name.replace("_", " "): wrong for name, wrong in fails.items()})
        monkeypatch.setattr(rollback.health, "prove", told.prove)
        data = {name: {"ssh_hostname": name} for name in ROLES}
        found = Inventory(Path("lab.py"), Centre("lab", HOSTS), data, {})
        nobody = Desired(date(2026, 11, 23), "x.vn", (), (), ())
        job = ApplyContext(Path(), found, sorted(ROLES), Policy(operator="vp"), nobody, RUN)
        leases = {name: FakeLease(name, told) for name in ROLES}
        return Rollback(job, BACK, ["postfix"], same, told, told, leases), told  # type: ignore[arg-type]

    return made


def test_what_accepts_mail_goes_back_first(make: Make) -> None:
    """The reverse of an apply; each is proven, then recorded with what it went back to."""
    going, told = make()
    going.run()
    order = ("edge1", "access1", "store1", "dir1")
    assert [
        line
        for host in order
        for line in (f"restore {host}", f"prove {host}", f"{host}: rolled back and proven")
    ] == told.lines
    assert {host: BACK[host].data for host in ROLES} == {h: r.data for h, r in told.kept.items()}
    kept = told.kept["edge1"]
    assert ("rolled back", RUN.id, RUN.who) == (kept.result, kept.id, kept.who)
    assert ("postfix: 1 file(s) put back, 0 removed",) == kept.steps
    (line,) = told.journal
    assert "rolled back" == line["result"]
    assert dict.fromkeys(ROLES, "rolled back") == line["hosts"]


def test_hosts_that_are_so_already_only_have_it_recorded(make: Make) -> None:
    """Last, and not proven: nothing changed there."""
    going, told = make(same=("store1", "dir1"))
    going.run()
    assert ["restore dir1", "restore store1"] == sorted(told.lines[-2:])
    assert ROLES.keys() == told.kept.keys()


def test_one_that_cannot_go_back_stops_it(make: Make) -> None:
    """It is as it was, those before have gone back, those after are untouched; all of it told."""
    going, told = make(restore_access1="this host has no record")
    with pytest.raises(HostFailed, match="access1 cannot go back: this host has no record"):
        going.run()
    assert "access1: is as it was before the rollback" == told.lines[-1]
    assert {"edge1"} == told.kept.keys()
    (line,) = told.journal
    assert "returned" == line["result"]
    untouched = dict.fromkeys(("store1", "dir1"), "untouched")
    assert {"edge1": "rolled back", "access1": "returned", **untouched} == line["hosts"]


def test_interrupted_the_host_under_way_returns(make: Make) -> None:
    """Ctrl-C, though the connection may be gone too."""
    going, told = make(restore_edge1=KeyboardInterrupt(), return_edge1="yes")
    with pytest.raises(KeyboardInterrupt):
        going.run()
    assert told.lines[-1].startswith("edge1: does not return by our hand")
    (line,) = told.journal
    assert "failed" == line["result"]


def test_one_that_does_not_serve_keeps_nobody_from_going_back(make: Make) -> None:
    """It is asked again at the end, when the others have gone back too."""
    going, told = make(prove_edge1="at first")
    going.run()
    assert "! edge1 does not serve" in told.lines
    assert "edge1: rolled back, not proven yet" in told.lines
    assert "prove edge1" == told.lines[-1]
    going, told = make(prove_edge1="always")
    with pytest.raises(HostFailed, match="not all serve:\nedge1 does not serve"):
        going.run()
    assert ROLES.keys() == told.kept.keys()
    assert "rolled back" == told.journal[0]["result"]


def test_a_journal_that_cannot_be_written_is_told(make: Make) -> None:
    """Hosts have their records all the same."""
    going, told = make(journal="no space")
    going.run()
    assert "! this run is not in the journal: no space" == told.lines[-1]


def test_moved_mail_is_not_sent_where_it_no_longer_is() -> None:
    """Some of the addresses are named."""
    foreseen = [
        Preview("edge1", addresses={"moved": [f"a{n}@x.vn" for n in range(7)]}),
        Preview("access1", addresses={"moved": ["a0@x.vn"]}),
    ]
    with pytest.raises(Refused, match=r"a0@x\.vn, .*a4@x\.vn and 2 more") as caught:
        command._refuse_moved(foreseen)
    assert caught.value.fix.startswith("--keep-tables")
    command._refuse_moved([Preview("edge1", addresses={"new": ["b@x.vn"]})])
