"""A rollback on simulated hosts: its order, and the effect of failures."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hopthu.app import rollback as use_case
from hopthu.apply.run_context import ApplyContext
from hopthu.desired.state import Desired
from hopthu.errors import HostFailed, Refused
from hopthu.events.event import Event, HostFinished, Warned
from hopthu.history.record import Record
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Policy
from hopthu.remote import CALL
from hopthu.rollback import run as rollback
from hopthu.rollback.preview import Preview
from hopthu.rollback.run import Rollback
from hopthu.ssh import Outcome
from host_calls import asked

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
class Log:
    """Everything done to hosts, in order; replaces connections, leases and the display."""

    lines: list[str] = field(default_factory=list)
    kept: dict[str, Record] = field(default_factory=dict)
    journal: list[dict[str, object]] = field(default_factory=list)
    remembering: set[str] = field(default_factory=set)
    fails: dict[str, BaseException | str] = field(default_factory=dict)

    def run(self, target: object, script: str, *, stdin: bytes = b"", **_: object) -> Outcome:
        """Restore a record on a host, or add a line to the journal."""
        name = target.name  # type: ignore[attr-defined]
        if script == CALL:
            called, arguments = asked(stdin)[1:3]
            if called == "kept_files":
                return Outcome(0, json.dumps({"record": arguments[0]}), "")
            if called == "remember":
                self.remembering.add(name)
                return Outcome(0, "null", "")
            return self._append(name, stdin)
        assert script.startswith(f"/run/hopthu/{RUN.id}/sh -c ")
        self.lines.append(f"restore {name}")
        wrong = self.fails.get(f"restore {name}", "")
        if isinstance(wrong, BaseException):
            raise wrong
        return Outcome(1 if wrong else 0, '["postfix: files restored: 1, removed: 0"]', wrong)

    def _append(self, host: str, stdin: bytes) -> Outcome:
        assert "dir1" == host
        if error := self.fails.get("journal"):
            raise error if isinstance(error, BaseException) else HostFailed(Message(error))
        self.journal.append(json.loads(asked(stdin)[2][0]))
        return Outcome(0, '"0"', "")

    def require_new(self, target: object) -> None:
        """Connect again, unless the restored packet filter shuts us out."""
        if f"new {target.name}" in self.fails:  # type: ignore[attr-defined]
            raise HostFailed(Message("no answer"))

    def prove(self, _ssh: object, target: object, _asked: object) -> None:
        """Run the health checks of a host."""
        name = target.name  # type: ignore[attr-defined]
        self.lines.append(f"prove {name}")
        wrong = self.fails.get(f"prove {name}")
        if wrong:
            if wrong == "at first":
                del self.fails[f"prove {name}"]
            raise HostFailed(Message("{host} is unhealthy", host=name))

    def emit(self, event: Event) -> None:
        """Store results of hosts and warnings; ignore the rest of the progress."""
        if isinstance(event, HostFinished):
            self.lines.append(f"{event.host}: {event.text}")
        elif isinstance(event, Warned):
            self.lines.append(f"! {event.text}")


@dataclass
class FakeLease:
    """The lock on one host."""

    host: str
    log: Log

    def begin(self, record: str) -> None:
        """Check the draft of the record."""
        draft = Record.from_json(record)
        assert ("", self.host, BACK[self.host].data) == (draft.result, draft.host, draft.data)

    def request_record(self, record_id: str, record: str, files: Mapping[str, str]) -> None:
        """Store the record: the files are meant to be those of the one it goes back to."""
        assert RUN.id == record_id
        assert {"record": BACK[self.host].id} == files
        self.log.kept[self.host] = Record.from_json(record)

    def wait_recorded(self) -> None:
        """Return at once."""

    def roll_back(self) -> bool:
        """Roll back, unless the connection is to fail."""
        if f"return {self.host}" in self.log.fails:
            raise HostFailed(Message("no connection"))
        return True


Make = Callable[..., tuple[Rollback, Log]]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return a rollback of every host, and the log of what it does."""

    def made(same: tuple[str, ...] = (), **fails: BaseException | str) -> tuple[Rollback, Log]:
        log = Log(fails={name.replace("_", " "): wrong for name, wrong in fails.items()})
        monkeypatch.setattr(rollback.health, "prove", log.prove)
        data = {name: {"ssh_hostname": name} for name in ROLES}
        found = Inventory(Path("lab.py"), Centre("lab", HOSTS), data, {})
        nobody = Desired(date(2026, 11, 23), "x.vn", (), (), ())
        clock = datetime(2026, 11, 26, 5, tzinfo=UTC).astimezone
        job = ApplyContext(Path(), found, sorted(ROLES), Policy(operator="vp"), nobody, RUN, clock)
        leases = {name: FakeLease(name, log) for name in ROLES}
        return Rollback(job, BACK, ["postfix"], same, log.emit, log, leases), log  # type: ignore[arg-type]

    return made


def test_hosts_that_accept_mail_are_rolled_back_first(make: Make) -> None:
    """The order is the reverse of an apply; each host is checked and recorded."""
    going, log = make()
    going.run()
    order = ("edge1", "access1", "store1", "dir1")
    assert [
        line
        for host in order
        for line in (
            f"restore {host}",
            f"prove {host}",
            f"{host}: rolled back; health checks passed",
        )
    ] == log.lines
    assert {host: BACK[host].data for host in ROLES} == {h: r.data for h, r in log.kept.items()}
    kept = log.kept["edge1"]
    assert ("rolled back", RUN.id, RUN.who) == (kept.result, kept.id, kept.who)
    assert ("postfix: files restored: 1, removed: 0",) == kept.steps
    (line,) = log.journal
    assert "rolled back" == line["result"]
    assert dict.fromkeys(ROLES, "rolled back") == line["hosts"]
    assert {*ROLES} - {"dir1"} == log.remembering


def test_hosts_without_changes_are_only_recorded(make: Make) -> None:
    """They come last and are not checked: nothing changed there."""
    going, log = make(same=("store1", "dir1"))
    going.run()
    assert ["restore dir1", "restore store1"] == sorted(log.lines[-2:])
    assert ROLES.keys() == log.kept.keys()


def test_host_that_cannot_be_rolled_back_stops_the_run(make: Make) -> None:
    """It is left as it was, those before are rolled back, those after untouched; all is logged."""
    going, log = make(restore_access1="this host has no record")
    with pytest.raises(HostFailed, match="access1: this host has no record"):
        going.run()
    assert "access1: is as it was before the rollback" == log.lines[-1]
    assert {"edge1"} == log.kept.keys()
    (line,) = log.journal
    assert "returned" == line["result"]
    untouched = dict.fromkeys(("store1", "dir1"), "untouched")
    assert {"edge1": "rolled back", "access1": "returned", **untouched} == line["hosts"]


def test_host_that_would_shut_this_machine_out_is_undone(make: Make) -> None:
    """What is restored may be a packet filter that names other operators."""
    going, log = make(new_access1="yes")
    with pytest.raises(HostFailed, match="no answer"):
        going.run()
    assert ["restore access1", "access1: is as it was before the rollback"] == log.lines[-2:]
    assert {"edge1"} == log.kept.keys()


def test_interrupted_host_is_undone(make: Make) -> None:
    """After Ctrl-C, even if the connection is lost too."""
    going, log = make(restore_edge1=KeyboardInterrupt(), return_edge1="yes")
    with pytest.raises(KeyboardInterrupt):
        going.run()
    assert log.lines[-1].startswith("edge1: could not be rolled back from here")
    (line,) = log.journal
    assert "failed" == line["result"]


def test_unhealthy_host_does_not_stop_the_others(make: Make) -> None:
    """It is checked again at the end, after the others were rolled back."""
    going, log = make(prove_edge1="at first")
    going.run()
    assert "! edge1 is unhealthy" in log.lines
    assert "edge1: rolled back; health checks fail so far" in log.lines
    assert "prove edge1" == log.lines[-1]
    going, log = make(prove_edge1="always")
    with pytest.raises(HostFailed, match="some fail their health checks:\nedge1 is unhealthy"):
        going.run()
    assert ROLES.keys() == log.kept.keys()
    assert "rolled back" == log.journal[0]["result"]


def test_failure_to_write_the_journal_is_a_warning(make: Make) -> None:
    """Hosts still have their records."""
    going, log = make(journal="no space")
    going.run()
    assert "! this run is not on record as it should be: no space" == log.lines[-1]


DIRECTORIES = tuple(
    Host(name, f"{name}.vn", f"10.0.0.{n}", frozenset({role}), provider=name == "dir2")
    for n, (name, role) in enumerate(
        (("dir1", "directory"), ("dir2", "directory"), ("access1", "access"))
    )
)


@pytest.mark.parametrize(
    ("host", "providers", "refused"),
    [
        ("dir2", ("",), False),
        ("access1", ("10.0.0.1",), False),
        ("edge1", (), False),
        ("dir2", ("", "10.0.0.0"), True),
        ("access1", ("10.0.0.0", "10.0.0.1"), True),
        ("dir1", ("",), True),
        ("access1", ("10.0.0.0",), True),
    ],
    ids=["is it", "follows", "none", "took over", "followed the other", "is back", "not yet"],
)
def test_no_rollback_changes_which_directory_is_written_to(
    host: str, providers: tuple[str, ...], refused: bool
) -> None:
    """Two would be, or none, and nobody would compare what one has and the other lacks."""
    inventory = Inventory(Path(), Centre("x", DIRECTORIES), {}, {})
    wanted = use_case.Wanted(inventory, (), "An", "", False)
    foreseen = [Preview(host, {"openldap": ["+ slapd.conf"]}, providers=providers)]
    found = use_case._refusal(wanted, [], foreseen)
    assert refused == (found is not None)
    if found:
        assert found.what.startswith(f"{host}: another directory is written to")
        assert 3 == found.exit_code


def test_rollback_that_would_misdirect_moved_mail_is_refused() -> None:
    """Some of the addresses are named."""
    foreseen = [
        Preview("edge1", addresses={"moved": [f"a{n}@x.vn" for n in range(7)]}),
        Preview("access1", addresses={"moved": ["a0@x.vn"]}),
    ]
    wanted = use_case.Wanted(Inventory(Path(), Centre("x", ()), {}, {}), (), "An", "", False)
    refused = use_case._refusal(wanted, [], foreseen)
    assert isinstance(refused, Refused)
    assert re.search(r"a0@x\.vn, .*a4@x\.vn and 2 more", refused.what)
    assert "--keep-tables" in str(refused.fix)
    files = [Preview("edge1", {"postfix": ["+ main.cf"]}, {"new": ["b@x.vn"]})]
    assert use_case._refusal(wanted, [], files) is None
    moved = [replace(foreseen[0], files={"postfix": ["+ main.cf"]})]
    assert use_case._refusal(replace(wanted, keep_tables=True), [], moved) is None
