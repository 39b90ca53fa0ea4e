"""What an apply may not begin with: going back unsaid, taking away what servers were given."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from test_saved_plan import edit
from test_server_plan import git
from test_staleness import CENTRE

from hopthu.apply.authorise import Permit, authorise, objections
from hopthu.errors import DataError, Refused
from hopthu.history.data_digest import digest
from hopthu.history.record import UNKNOWN, Record
from hopthu.inventory.loader import Inventory
from hopthu.plan.plan import Snapshot
from hopthu.servers import survey as surveys
from hopthu.servers.staleness import as_applied
from hopthu.servers.state import ServerState
from hopthu.servers.survey import plan_against_servers
from hopthu.ssh import Ssh
from hopthu.validate import Loaded, read

BASE = Path(__file__).parents[1] / "invalid" / "base"
ON = date(2026, 7, 31)
INVENTORY = Inventory(Path("lab.py"), CENTRE, {"m": {}}, {})
GONE = "vu-van-xuyen-2"
PERSON = f"""
- id: {GONE}
  name: Vũ Văn Xuyến
  category: civil_servant
  mailbox: {{address: xuyenvv2}}
  posts:
    - {{unit: so-tai-chinh, title: Kế toán, from: 2025-03-01, decision: qd-210-ubnd-2025,
       request: cv-31-stc-2025}}
"""


class Servers:
    """Servers that were given the data of a checkout."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have every survey read them."""
        self.live = ServerState()
        monkeypatch.setattr(surveys, "read_server_state", lambda *_args: self.live)

    def take(self, loaded: Loaded, commit: str) -> None:
        """Take up data, as an apply of `commit` brings it."""
        side = Snapshot(loaded.organisation, loaded.policy, loaded.source)
        record = Record(
            "20260731T080000Z-0123456", commit, digest(loaded.source), ON.isoformat(),
            "Lê Thị B", "2026-07-31T08:00:00Z",
        )  # fmt: skip
        held = as_applied(side, ON, CENTRE, frozenset({"m"}))
        self.live = replace(held, records={"m": record})


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Servers:
    return Servers(monkeypatch)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with one commit more than the shared one: somebody new."""
    shutil.copytree(BASE / "data", tmp_path / "data")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "base"]):
        git(tmp_path, *command)
    with (tmp_path / "data" / "people.yaml").open("a", encoding="utf-8") as people:
        people.write(PERSON)
    git(tmp_path, "commit", "-qam", "somebody new")
    return tmp_path


def ask(root: Path, back_to: str = "") -> Permit:
    return authorise(root, INVENTORY, Ssh(), read(root, ON), ON, back_to=back_to)


def without(root: Path) -> None:
    """Take the new person's record out of the data."""
    path = root / "data" / "people.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(PERSON, ""), encoding="utf-8")


def test_an_apply_goes_forward(root: Path, servers: Servers) -> None:
    """From the commit before, from data without git, and from nothing."""
    git(root, "checkout", "-q", "HEAD^")
    before = read(root, ON)
    commit = git(root, "rev-parse", "HEAD")
    git(root, "checkout", "-q", "-")
    for known in (commit, UNKNOWN):
        servers.take(before, known)
        allowed = ask(root)
        assert [f"mailbox {GONE}", "address xuyenvv2@thanhhoa.gov.vn"] == [
            f"{c.kind} {c.id}" for c in allowed.plan.changes
        ]
        assert "" == allowed.back
    servers.live = ServerState(asked=frozenset({"m"}))
    assert "" == ask(root).back


def test_an_apply_goes_back_only_knowingly(root: Path, servers: Servers) -> None:
    """The colleague's mailbox is in the plan either way."""
    servers.take(read(root, ON), git(root, "rev-parse", "HEAD"))
    newer = git(root, "rev-parse", "--short=12", "HEAD")
    git(root, "checkout", "-q", "HEAD^")
    with pytest.raises(Refused, match=f"m: commit {newer} is deployed, by Lê Thị B"):
        ask(root)
    (objection,) = objections(
        root, plan_against_servers(root, INVENTORY, Ssh(), read(root, ON), ON)
    )
    assert newer in objection
    allowed = ask(root, "HEAD")
    assert allowed.back.startswith("back to ")
    assert allowed.back.endswith(f" from {newer}")
    assert [("close", GONE)] == [(c.action, c.id) for c in allowed.plan.changes if
                                 c.kind == "mailbox"]  # fmt: skip


def test_a_record_that_servers_were_given_stays(root: Path, servers: Servers) -> None:
    """Committed or not, HEAD does not tell: what is on record on the servers does."""
    servers.take(read(root, ON), git(root, "rev-parse", "HEAD"))
    without(root)
    git(root, "commit", "-qam", "somebody less")
    with pytest.raises(DataError) as refused:
        ask(root)
    assert ["id-removed"] == [problem.rule for problem in refused.value.problems]


def test_an_address_that_servers_were_given_stays_whose_it_is(root: Path, servers: Servers) -> None:
    servers.take(read(root, ON), git(root, "rev-parse", "HEAD"))
    edit(root, "people", "address: xuyenvv2", "address: xuyenvv3")
    edit(root, "units", "aliases: [sotaichinh]", "aliases: [sotaichinh, xuyenvv2]")
    git(root, "commit", "-qam", "another holder")
    with pytest.raises(DataError) as refused:
        ask(root)
    assert "address-changed-hands" in {problem.rule for problem in refused.value.problems}


def test_of_data_that_no_commit_holds_the_directory_tells(root: Path, servers: Servers) -> None:
    """Somebody was applied without a commit, and is gone again: nobody is closed for that."""
    servers.take(read(root, ON), UNKNOWN)
    without(root)
    git(root, "commit", "-qam", "as if never there")
    with pytest.raises(Refused, match=f"live mailboxes that are not in the data.*{GONE}"):
        ask(root)
    (objection,) = objections(
        root, plan_against_servers(root, INVENTORY, Ssh(), read(root, ON), ON)
    )
    assert GONE in objection


def test_whom_no_data_had_is_a_stranger(root: Path, servers: Servers) -> None:
    """An entry that was there before, and in no data that was applied, stops nobody."""
    with_both = read(root, ON)
    without(root)
    git(root, "commit", "-qam", "as if never there")
    servers.take(read(root, ON), git(root, "rev-parse", "HEAD"))
    held = servers.live
    servers.take(with_both, UNKNOWN)
    servers.live = replace(servers.live, records=held.records)
    allowed = ask(root)
    assert () == allowed.plan.changes
    assert allowed.plan.servers
    assert [GONE in name for name in allowed.plan.servers.strangers] == [True]
