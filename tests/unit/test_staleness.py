"""What moved on the servers since a plan was reviewed, and what is only its own work."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from samples import DAY, post

from hopthu.daemons.registry import file_sets
from hopthu.directory.entries import person_dn, suffix
from hopthu.history.data_digest import digest
from hopthu.history.record import Record
from hopthu.inventory.topology import Centre, Host
from hopthu.model.organisation import Ending, Organisation
from hopthu.model.policy import Policy
from hopthu.plan.file import PlanFile
from hopthu.plan.host_changes import OnHost
from hopthu.plan.plan import Plan, Snapshot, compare
from hopthu.plan.review import Reviewed
from hopthu.servers.plan import guarded
from hopthu.servers.staleness import as_applied, changed_since_base, changed_since_reading
from hopthu.servers.state import ServerState
from hopthu.source.positions import Positions
from hopthu.source.records import Record as Row
from hopthu.source.records import Source

ONE = Host("m", "m.x.vn", "10.88.0.11", frozenset({"store", "directory"}), ("store1", "store2"))
CENTRE = Centre("lab", (ONE,))
DN = person_dn("chi", suffix("thanhhoa.gov.vn"))


def source(name: str) -> Source:
    """Return data that is only told apart by its digest."""
    row = Row.of("units", "f", (0,), {"id": name}, Positions("f", ""))
    return Source(Path(), {"units": (row,)}, (), {})


@pytest.fixture
def before(organisation: Organisation, policy: Policy) -> Snapshot:
    return Snapshot(organisation, policy, source("before"))


@pytest.fixture
def after(before: Snapshot) -> Snapshot:
    """An is transferred."""
    posts = (
        replace(post("an", "stc"), until=date(2026, 4, 30)),
        post("an", "xa", date(2026, 5, 1), decision="qd-9", request="cv-9"),
    )
    an = replace(before.organisation.people["an"], posts=posts)
    people = {**before.organisation.people, "an": an}
    return replace(
        before, organisation=replace(before.organisation, people=people), source=source("after")
    )


def record(side: Snapshot, on: date = DAY, checksum: str = "") -> Record:
    assert side.source
    return Record("20260601T080000Z-0123456", "0" * 40, digest(side.source), on.isoformat(),
                  "Lê Thị B <b@example.gov.vn>", "", checksum=checksum)  # fmt: skip


def holding(side: Snapshot, on: date = DAY, **more: object) -> ServerState:
    live = replace(as_applied(side, on, CENTRE, frozenset({"m"})), records={"m": record(side, on)})
    return replace(live, **more)  # type: ignore[arg-type]


def edited(live: ServerState, **values: str) -> ServerState:
    entry = {**live.entries[DN], **{name: (value,) for name, value in values.items()}}
    return replace(live, entries={**live.entries, DN: entry})


@pytest.fixture
def moved(before: Snapshot, after: Snapshot) -> Callable[..., list[str]]:
    """Tell what moved since the plan from `before` to `after` was reviewed on DAY."""
    changes, guards = compare(before, after, DAY)
    plan = Plan(DAY, "abc", "", changes, guards)
    saved = PlanFile(DAY, "abc", plan.checksum, tuple(c.as_dict() for c in changes), {})

    def since(live: ServerState, on: date = DAY) -> list[str]:
        now = guarded(live, after, CENTRE, on, before)
        return changed_since_base(Reviewed(saved, before, plan), live, now, after, CENTRE)

    return since


def test_servers_as_the_revision_says_have_not_moved(
    moved: Callable[..., list[str]], before: Snapshot
) -> None:
    """Nor has a centre that keeps no record: there is nothing to differ from."""
    assert [] == moved(holding(before))
    assert [] == moved(edited(replace(holding(before), records={}), title="Chủ tịch"))
    assert [] == moved(ServerState(asked=frozenset({"m"})))


def test_another_apply_since_is_named(moved: Callable[..., list[str]], before: Snapshot) -> None:
    """Which record, on which host, by whom."""
    other = replace(before, source=source("another"))
    (told,) = moved(holding(other))
    expected = "record 20260601T080000Z-0123456, by Lê Thị B <b@example.gov.vn>"
    assert f"servers: another apply since, on m: {expected}" == told


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        (
            {"title": "Chủ tịch"},
            ["servers: not reviewed: Trần Thị Chi is now Chuyên viên at Xã Đồng Tiến"],
        ),
        (
            {"sn": "Lê"},
            ["servers: not reviewed: Trần Thị Chi: the directory entry is put right: sn"],
        ),
    ],
)
def test_an_entry_changed_by_hand_is_named(
    moved: Callable[..., list[str]], before: Snapshot, values: dict[str, str], lines: list[str]
) -> None:
    """By what an apply would make of it, which nobody reviewed."""
    assert lines == moved(edited(holding(before), **values))


def test_what_somebody_did_by_hand_is_named_though_it_is_what_was_planned(
    moved: Callable[..., list[str]], before: Snapshot, after: Snapshot
) -> None:
    """Unless a record shows that this very plan was being applied."""
    done = replace(holding(after), records=holding(before).records)
    told = moved(done)
    assert "servers: no longer to be done: Nguyễn Văn An moves from Sở Tài chính" in told[0]
    changes, guards = compare(before, after, DAY)
    checksum = Plan(DAY, "abc", "", changes, guards).checksum
    for mine in (
        replace(done, under_way={"m": record(after, checksum=checksum)}),
        replace(done, last=record(after, checksum=checksum)),
        replace(done, records={"m": record(after)}),
    ):
        assert [] == moved(mine)


def test_what_has_come_due_since_the_last_apply_is_no_surprise(
    before: Snapshot, policy: Policy
) -> None:
    """The data that was applied said so; the servers are compared as of the day of the apply."""
    dung = replace(before.organisation.people["dung"], left=Ending("retired", DAY))
    people = {**before.organisation.people, "dung": dung}
    data = replace(before, organisation=replace(before.organisation, people=people))
    live = holding(data, DAY - timedelta(days=1))
    changes, guards = compare(data, data, DAY)
    plan = Plan(DAY, "abc", "", changes, guards)
    saved = PlanFile(DAY, "abc", plan.checksum, (), {})
    now = guarded(live, data, CENTRE, DAY, data)
    assert "close" in {c.action for c in now.changes}
    assert [] == changed_since_base(Reviewed(saved, data, plan), live, now, data, CENTRE)


def test_a_plan_against_servers_holds_while_they_are_as_they_were_read(
    before: Snapshot, after: Snapshot
) -> None:
    """A change by hand, a stranger, a file: each is named; so is what is done already."""
    live = holding(before)
    made = guarded(live, after, CENTRE, DAY, before)
    assert made.servers is not None
    made = replace(made, servers=replace(made.servers, hosts=(on_host(("/etc/x", "change")),)))
    told = json.loads(made.as_json())
    servers = {name: told[name] for name in ("hosts", "strangers")}
    saved = PlanFile(DAY, made.base, made.checksum, tuple(told["changes"]), {}, servers)

    def since(now: ServerState, *files: tuple[str, str]) -> list[str]:
        plan = guarded(now, after, CENTRE, DAY, before)
        assert plan.servers is not None
        hosts = (on_host(*(files or (("/etc/x", "change"),))),)
        plan = replace(plan, servers=replace(plan.servers, hosts=hosts))
        return changed_since_reading(saved, now, plan, after)

    assert [] == since(live)
    assert ["servers: not reviewed: Trần Thị Chi: the directory entry is put right: sn"] == since(
        edited(live, sn="Lê")
    )
    ghost = replace(live, entries={**live.entries, "uid=ma,dc=x": {"uid": ("ma",)}})
    assert ["servers: not reviewed: uid=ma,dc=x is not in the data"] == since(ghost)
    assert ["servers: not reviewed: m: create /etc/y"] == since(
        live, ("/etc/x", "change"), ("/etc/y", "create")
    )
    done = replace(holding(after), records=live.records)
    assert "no longer to be done" in since(done)[0]
    resumed = replace(done, last=record(after, checksum=made.checksum))
    assert [] == since(resumed)


def on_host(*files: tuple[str, str]) -> OnHost:
    return OnHost("m", dict(files), {"postfix": file_sets()["postfix"]})
