"""What prevents an apply: going back unintentionally, or removing deployed records."""

import shutil
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from test_saved_plan import edit
from test_server_plan import git
from test_staleness import CENTRE

from hopthu.apply.authorise import Order, Permit, authorise
from hopthu.errors import HostFailed, Refused, RefusedData
from hopthu.git.repository import UNKNOWN, Repository
from hopthu.history.data_digest import digest
from hopthu.history.lineage import Return
from hopthu.history.record import Record
from hopthu.inventory.loader import Inventory
from hopthu.plan.plan import make
from hopthu.servers import survey as surveys
from hopthu.servers.judgement import judge
from hopthu.servers.state import ServerState, as_applied
from hopthu.servers.survey import Deployment, Reading
from hopthu.ssh import Ssh
from hopthu.validate import Loaded, read

BASE = Path(__file__).parents[1] / "rules" / "base"
ON = date(2026, 7, 31)
INVENTORY = Inventory(Path("lab.py"), CENTRE, {"m": {}}, {})
GONE = "vu-van-xuyen-2"
PERSON = f"""
- id: {GONE}
  name: Vũ Văn Xuyến
  category: civil_servant
  mailbox: {{address: xuyenvv2}}
  posts:
    - {{unit: so-tai-chinh, title: Kế toán, from: 2026-07-06, decision: qd-90-stc-2026,
       request: cv-91-stc-2026}}
"""
NEW_DOCUMENT = """
- {id: zz-1, kind: request, number: 01/STC-VP, issuer: so-tai-chinh, date: 2026-07-20,
   acts: [correction]}
"""
ORDER = (
    "- {id: zz-2, kind: decision, number: 02/QĐ-UBND, issuer: ubnd-tinh, date: 2026-07-30, "
    "acts: [allowance]}\n"
)


class Servers:
    """Servers that were given the data of a checkout."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have every survey read them."""
        self.live = ServerState()
        monkeypatch.setattr(surveys, "read_server_state", lambda *_args: self.live)

    def take(self, loaded: Loaded, commit: str) -> None:
        """Take up data, as an apply of `commit` brings it."""
        record = Record(
            "20260731T080000Z-0123456", commit, digest(loaded.source), ON.isoformat(),
            "Lê Thị B", "2026-07-31T08:00:00Z",
        )  # fmt: skip
        live = as_applied(loaded, ON, CENTRE, frozenset({"m"}))
        self.live = replace(live, records={"m": record})


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


def deployment(root: Path, on: date) -> Deployment:
    """Return the data of a folder, to be deployed."""
    return Deployment(Repository(root), INVENTORY, read(root, on), on)


def ask(root: Path, back: Return | None = None, on: date = ON) -> Permit:
    wanted = deployment(root, on)
    with Reading(wanted, Ssh()) as reading:
        return authorise(wanted, reading, Order(back=back))


def objection(root: Path) -> str:
    """Return why an apply is refused, as a plan says it too, with what to do."""
    wanted = deployment(root, ON)
    with Reading(wanted, Ssh()) as reading:
        (found,) = judge(wanted, reading).objections
    with pytest.raises(Refused) as refused:
        ask(root)
    assert (refused.value.what, refused.value.fix) == (found.what, found.fix)
    assert found.fix
    return found.what


def without(root: Path) -> None:
    """Take the new person's record out of the data."""
    path = root / "data" / "people.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(PERSON, ""), encoding="utf-8")


def test_servers_are_read_beside_what_else_there_is_to_do(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why they cannot be is told where their answers are needed; nobody leaves before they came."""
    goes_on, read_at = threading.Event(), list[str]()

    def silent(*_: object) -> ServerState:
        assert goes_on.wait(20)
        read_at.append("the end")
        raise HostFailed("dir1 does not answer")

    monkeypatch.setattr(surveys, "read_server_state", silent)
    wanted = deployment(root, ON)
    with Reading(wanted, Ssh()) as reading:
        assert not read_at
        goes_on.set()
        with pytest.raises(HostFailed, match=r"does not answer\. Nothing was changed"):
            authorise(wanted, reading)
        goes_on.clear()
    with Reading(wanted, Ssh()):
        threading.Timer(0.2, goes_on.set).start()
    assert ["the end"] * 2 == read_at


def test_apply_goes_forward(root: Path, servers: Servers) -> None:
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
        assert allowed.back is None
    servers.live = ServerState(covered=frozenset({"m"}))
    assert ask(root).back is None


def test_apply_goes_back_only_on_purpose(root: Path, servers: Servers) -> None:
    """The colleague's mailbox is in the plan either way."""
    servers.take(read(root, ON), git(root, "rev-parse", "HEAD"))
    newer = git(root, "rev-parse", "--short=12", "HEAD")
    git(root, "checkout", "-q", "HEAD^")
    with pytest.raises(Refused, match=f"m: commit {newer} is deployed, by Lê Thị B"):
        ask(root)
    assert newer in objection(root)
    allowed = ask(root, Return("HEAD", reason="mail loops"))
    assert allowed.back
    assert allowed.back.startswith("back to ")
    assert allowed.back.endswith(f" from {newer}, without a document: mail loops")
    assert "" == allowed.by
    assert [("close", GONE)] == [(c.action, c.id) for c in allowed.plan.changes if
                                 c.kind == "mailbox"]  # fmt: skip


def order(root: Path, document: str = ORDER) -> None:
    """Record the document that orders a return."""
    with (root / "data" / "documents.yaml").open("a", encoding="utf-8") as documents:
        documents.write(document)


def test_a_document_orders_the_return(root: Path, servers: Servers) -> None:
    """It is in the data to go back to, or only in what is deployed; no other will do."""
    newer = git(root, "rev-parse", "HEAD")
    git(root, "checkout", "-q", "HEAD^")
    servers.take(read(root, ON), newer)
    for id_, what in (("zz-9", 'there is no document "zz-9"'), ("qd-210-ubnd-2025", "not issued")):
        with pytest.raises(Refused, match=what) as refused:
            ask(root, Return("HEAD", id_))
        assert "--without-document REASON" in (refused.value.fix or "")
    order(root)
    allowed = ask(root, Return("HEAD", "zz-2"))
    assert (True, "zz-2") == ((allowed.back or "").endswith(", by zz-2"), allowed.by)
    git(root, "checkout", "-q", "-f", newer)
    order(root)
    git(root, "commit", "-qam", "an order to go back")
    servers.take(read(root, ON), git(root, "rev-parse", "HEAD"))
    git(root, "checkout", "-q", "HEAD~2")
    assert "zz-2" == ask(root, Return("HEAD", "zz-2")).by


def test_an_order_that_is_not_needed_is_still_read(root: Path, servers: Servers) -> None:
    """A slip in the id is found; the record of an apply that goes forward cites no order."""
    order(root)
    git(root, "commit", "-qam", "an order to go back")
    servers.take(read(root, ON), git(root, "rev-parse", "HEAD"))
    with pytest.raises(Refused, match='there is no document "zz-3"'):
        ask(root, Return("HEAD", "zz-3"))
    assert (None, "") == ((found := ask(root, Return("HEAD", "zz-2"))).back, found.by)


def test_deployed_record_cannot_be_removed(root: Path, servers: Servers) -> None:
    """HEAD does not show it any more, but the records on the servers do."""
    servers.take(read(root, ON), git(root, "rev-parse", "HEAD"))
    without(root)
    git(root, "commit", "-qam", "somebody less")
    with pytest.raises(RefusedData) as refused:
        ask(root)
    assert ["id-removed"] == [problem.rule for problem in refused.value.problems]


def test_many_removed_records_are_one_problem(root: Path, servers: Servers) -> None:
    """Their addresses in the directory are not reported one by one as well."""
    path = root / "data" / "people.yaml"
    before = path.read_text(encoding="utf-8")
    added = [
        PERSON.replace(GONE, f"vu-van-xuyen-{n}").replace("xuyenvv2", f"xuyenvv{n}")
        for n in range(3, 25)
    ]
    path.write_text("".join([before, *added]), encoding="utf-8")
    git(root, "commit", "-qam", "many")
    servers.take(read(root, ON), git(root, "rev-parse", "HEAD"))
    path.write_text(before, encoding="utf-8")
    git(root, "commit", "-qam", "a file that was saved over")
    with pytest.raises(RefusedData) as refused:
        ask(root)
    (problem,) = refused.value.problems
    assert problem.what.startswith("22 records were removed: vu-van-xuyen-3, ")


def test_deployed_address_cannot_change_hands(root: Path, servers: Servers) -> None:
    servers.take(read(root, ON), git(root, "rev-parse", "HEAD"))
    edit(root, "people", "address: xuyenvv2", "address: xuyenvv3")
    edit(root, "units", "aliases: [sotaichinh]", "aliases: [sotaichinh], former: [xuyenvv2]")
    git(root, "commit", "-qam", "another holder")
    with pytest.raises(RefusedData) as refused:
        ask(root)
    assert "address-changed-hands" in {problem.rule for problem in refused.value.problems}


def test_directory_counts_if_uncommitted_data_was_applied(root: Path, servers: Servers) -> None:
    """Somebody was applied without a commit and then removed: the mailbox is not closed."""
    servers.take(read(root, ON), UNKNOWN)
    without(root)
    git(root, "commit", "-qam", "as if never there")
    with pytest.raises(RefusedData) as refused:
        ask(root)
    assert ["id-removed"] == [problem.rule for problem in refused.value.problems]
    entries = {dn: e for dn, e in servers.live.entries.items() if "hopthuHolder" not in e}
    servers.live = replace(servers.live, entries=entries)  # as earlier versions left it
    with pytest.raises(Refused, match=f"live mailboxes that are not in the data.*{GONE}"):
        ask(root)
    assert GONE in objection(root)


def test_entry_that_was_in_no_data_is_a_stranger(root: Path, servers: Servers) -> None:
    """It does not stop an apply."""
    with_both = read(root, ON)
    without(root)
    git(root, "commit", "-qam", "as if never there")
    servers.take(read(root, ON), git(root, "rev-parse", "HEAD"))
    live = servers.live
    servers.take(with_both, UNKNOWN)
    servers.live = replace(servers.live, records=live.records)
    allowed = ask(root)
    assert () == allowed.plan.changes
    assert allowed.plan.servers
    top = "dc=thanhhoa,dc=gov,dc=vn"
    assert allowed.plan.servers.strangers == (
        f"hopthuAddress=xuyenvv2@thanhhoa.gov.vn,ou=addresses,{top}",
        f"uid={GONE},ou=people,{top}",
    )


def test_a_plan_from_the_servers_has_all_three_parts(root: Path, servers: Servers) -> None:
    """As one from the revision that the servers hold, if git has it; otherwise the first alone."""
    before = read(root, ON)
    servers.take(before, git(root, "rev-parse", "HEAD"))
    edit(root, "people", "title: Kế toán, from: 2026-07-06", "title: Thủ quỹ, from: 2026-07-06")
    add_leaving(root)
    after = read(root, ON)
    git(root, "commit", "-qam", "leaves, and has another title")
    wanted = make(before, after, ON, "")
    assert wanted.later
    assert wanted.edits
    found = ask(root).plan
    assert (wanted.later, wanted.edits) == (found.later, found.edits)
    assert wanted.changes == tuple(c for c in found.changes if c.kind != "entry")
    servers.take(before, UNKNOWN)
    git(root, "commit", "--amend", "-qam", "x")
    unknown = ask(root).plan
    assert ((), ()) == (unknown.later, unknown.edits)


def add_leaving(root: Path) -> None:
    """Have the new person leave on a later day, and add the document that corrects the title."""
    path = root / "data" / "people.yaml"
    text = path.read_text(encoding="utf-8").rstrip("\n")
    leaving = "{how: retired, on: 2026-12-01, decision: qd-90-stc-2026, request: cv-91-stc-2026}"
    path.write_text(f"{text}\n  left: {leaving}\n  corrections: [zz-1]\n", encoding="utf-8")
    with (root / "data" / "documents.yaml").open("a", encoding="utf-8") as documents:
        documents.write(NEW_DOCUMENT)


def test_directory_counts_if_history_and_records_are_lost(root: Path, servers: Servers) -> None:
    """A rebuilt provider has the addresses, else its replicas have; the holder stays."""
    servers.take(read(root, ON), git(root, "rev-parse", "HEAD"))
    there = servers.live.entries
    edit(root, "people", f"id: {GONE}", "id: vu-van-xuyen-3")
    shutil.rmtree(root / ".git")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "as if never there"]):
        git(root, *command)
    bare = ServerState(covered=frozenset({"m"}))
    from_replica = replace(bare, domain="thanhhoa.gov.vn", entries=there)
    for servers.live in (from_replica, replace(bare, copies=there)):
        with pytest.raises(RefusedData) as refused:
            ask(root)
        assert [("id-removed", GONE), ("address-changed-hands", "vu-van-xuyen-3")] == [
            (problem.rule, problem.subject) for problem in refused.value.problems
        ]
        assert 3 == refused.value.exit_code


def test_going_back_gives_no_address_to_anybody_else(root: Path, servers: Servers) -> None:
    """Neither does a commit that is older than the holder's record."""
    git(root, "checkout", "-q", "-b", "other", "HEAD^")
    edit(root, "units", "aliases: [sotaichinh]", "aliases: [sotaichinh], former: [xuyenvv2]")
    git(root, "commit", "-qam", "another holder")
    git(root, "checkout", "-q", "-")
    servers.take(read(root, ON), git(root, "rev-parse", "HEAD"))
    git(root, "checkout", "-q", "other")
    with pytest.raises(RefusedData) as refused:
        ask(root, Return("HEAD", reason="mail loops"))
    assert ["address-changed-hands"] == [problem.rule for problem in refused.value.problems]
