"""What a host is asked at once covers what its operations ask."""

import base64
import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyinfra.context import ctx_host

from hopthu.daemons.dovecot import AUTHENTICATION, READERS
from hopthu.daemons.site import Site
from hopthu.desired.state import Desired
from hopthu.inventory.secrets import Secrets
from hopthu.inventory.topology import Centre, Host
from hopthu.migration.operation import moves
from hopthu.model.policy import Policy
from hopthu.operations.answers import Answers, Compared
from hopthu.operations.directory import entries
from hopthu.operations.folders import mailboxes
from hopthu.operations.mailboxes import unit_access
from hopthu.operations.questions import of_host
from hopthu.operations.replica import caught_up, kept_aside
from hopthu.operations.run import Run, surveyed
from hopthu.operations.sessions import end_sessions
from hopthu.remote.host.packing import packed, unpacked
from host_calls import asked

BASE = "dc=x,dc=vn"
CENTRE = Centre(
    "test",
    (
        Host("dir1", "dir1.x.vn", "192.0.2.1", frozenset({"directory"})),
        Host("store1", "store1.x.vn", "192.0.2.2", frozenset({"store"}), stores=("s1",)),
        Host("store2", "store2.x.vn", "192.0.2.3", frozenset({"store"}), stores=("s2",)),
    ),
)
ROOT = Path("/nowhere")
SITE = Site.made(
    ROOT, CENTRE, Secrets(ROOT, ROOT), Policy(), Desired(date(2026, 11, 25), "x.vn", (), (), ())
)
ANSWERS = {
    "survey": {
        "managed": {"files": {}, "managed": {}, "pending": [], "activate": {}, "units": None},
        "packages": [],
        "services": {},
        "accounts": {},
        "groups": {},
        "places": {},
    },
    "position": "7",
    "compared": {"theirs": "7", "ours": "7", "entries": [], "place": ""},
    "search": "",
    "existing": packed(""),
    "signed_in": [],
    "unsettled": [],
    "listed": packed(""),
}


class Asked:
    """A host of a run that is checked; `reads` has the functions that each call is about."""

    current_op_global_arguments = current_op_hash = None

    def __init__(self, name: str, hosts: dict[str, "Asked"], run: Run) -> None:
        """Be one of the hosts."""
        self.name, self.data, self.reads = name, {"run": run}, list[list[str]]()
        self.state = SimpleNamespace(
            ops={self: {}}, is_executing=False, active_hosts=hosts.values(),
            inventory=SimpleNamespace(get_host=hosts.__getitem__),
        )  # fmt: skip
        hosts[name] = self

    def get_fact(self, _fact: type, _stdin: str) -> Any:
        """Answer that there is nothing."""
        _, _, (questions,), _ = asked(base64.b64decode(_stdin))
        self.reads.append([name for _, name, _, _ in questions])
        return json.dumps([ANSWERS[name] for name in self.reads[-1]])

    def noop(self, _why: str) -> None:
        """Have nothing to do."""


@pytest.fixture
def hosts() -> dict[str, Asked]:
    run = Run({host.name: of_host(SITE, host.name) for host in CENTRE.hosts})
    found = dict[str, Asked]()
    run.answers = Answers(
        {name: {"rights": [], "listed": packed("")} for name in ("store1", "store2")},
        Compared("7", 1, {}, {}),
    )
    for each in CENTRE.hosts:
        Asked(each.name, found, run)
    return found


def check(operation: Any, *arguments: object) -> None:
    assert [] == [*operation._inner(*arguments)]


def test_a_host_is_asked_once_while_it_is_checked(hosts: dict[str, Asked]) -> None:
    """A store about replica, mailboxes and sessions as well, the provider about its directory."""
    for name in ("store1", "store2"):
        with ctx_host.use(hosts[name]):
            surveyed()
            check(kept_aside, BASE, "dir1", "192.0.2.1")
            check(caught_up, BASE, "dir1", "192.0.2.1")
            check(mailboxes, {}, f"{name}.x.vn", BASE)
            check(unit_access, {}, {}, {}, [], 90, {}, f"{name}.x.vn", BASE)
            check(end_sessions, [], {}, f"{name}.x.vn", BASE)
    with ctx_host.use(hosts["dir1"]):
        surveyed()
        known = Compared("7", 1, {}, {})
        check(entries, BASE, dict, ["cn"], (), known, "", 1)
        check(moves, SITE)
    assert {"dir1": 1, "store1": 1, "store2": 1} == {n: len(h.reads) for n, h in hosts.items()}


def test_a_host_that_stands_by_notes_who_reads_unit_mailboxes(hosts: dict[str, Asked]) -> None:
    """Who has one can read it as soon as that host serves; nothing else is written there."""
    read = {"readers": {"stc": ["an"]}, "folders": {"stc": "Sở"}, "quotas": {"stc": 1000}}
    common = {"read_only": [], "share": 90, "fqdn": "store1.x.vn", "serves": False}
    homes = {"people/an": "store1.x.vn", "units/stc": "store1.x.vn"}
    with ctx_host.use(hosts["store1"]):
        hosts["store1"].state.is_executing = True
        (command,) = unit_access._inner(**read, homes=homes, **common)
        assert [] == [*unit_access._inner(**read, homes={}, **common)]
    given = base64.b64decode(command.connector_arguments["_stdin"])
    module, name, (text, readers, group), _ = asked(given)
    assert ("unit_access", "note_readers", READERS, AUTHENTICATION) == (
        module,
        name,
        readers,
        group,
    )
    assert "an:::::::" in unpacked(text)
