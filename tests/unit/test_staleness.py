"""Changes on the servers since a plan was reviewed, and those of the plan itself."""

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
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.model.organisation import Ending, Organisation
from hopthu.model.policy import Policy
from hopthu.plan.diff import Change
from hopthu.plan.edits import Edit
from hopthu.plan.file import PlanFile
from hopthu.plan.host_changes import OnHost
from hopthu.plan.plan import Plan, compare
from hopthu.plan.review import Reviewed
from hopthu.servers.plan import guarded
from hopthu.servers.staleness import changed_since_base, changed_since_reading
from hopthu.servers.state import ServerState, as_applied
from hopthu.source.positions import Positions
from hopthu.source.records import Record as Row
from hopthu.source.records import Source
from hopthu.validate import Loaded
from revisions import revision

ONE = Host("m", "m.x.vn", "10.88.0.11", frozenset({"store", "directory"}), ("store1", "store2"))
CENTRE = Centre("lab", (ONE,))
DN = person_dn("chi", suffix("thanhhoa.gov.vn"))


def source(name: str) -> Source:
    """Return data that differs only by its digest."""
    row = Row.of("units", "f", (0,), {"id": name}, Positions("f", ""))
    return Source(Path(), {"units": (row,)}, (), {})


@pytest.fixture
def before(organisation: Organisation, policy: Policy) -> Loaded:
    return revision(organisation, policy, source("before"))


@pytest.fixture
def after(before: Loaded) -> Loaded:
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


def record(side: Loaded, on: date = DAY, checksum: str = "") -> Record:
    assert side.source
    return Record("20260601T080000Z-0123456", "0" * 40, digest(side.source), on.isoformat(),
                  "Lê Thị B <b@example.gov.vn>", "", checksum=checksum)  # fmt: skip


def holding(side: Loaded, on: date = DAY, **more: object) -> ServerState:
    live = replace(as_applied(side, on, CENTRE, frozenset({"m"})), records={"m": record(side, on)})
    return replace(live, **more)  # type: ignore[arg-type]


def edited(live: ServerState, **values: str) -> ServerState:
    entry = {**live.entries[DN], **{name: (value,) for name, value in values.items()}}
    return replace(live, entries={**live.entries, DN: entry})


@pytest.fixture
def moved(before: Loaded, after: Loaded) -> Callable[..., list[str]]:
    """Return what changed since the plan from `before` to `after` was reviewed on DAY."""
    changes, guards = compare(before, after, DAY)
    plan = Plan(DAY, "abc", changes, guards)
    saved = PlanFile(DAY, "abc", plan.checksum, plan.as_dict())

    def since(live: ServerState, on: date = DAY) -> list[str]:
        now = guarded(live, after, CENTRE, on, before)
        return changed_since_base(Reviewed(saved, before, plan), live, now, after, CENTRE)

    return since


def test_servers_that_match_the_revision_are_not_stale(
    moved: Callable[..., list[str]], before: Loaded
) -> None:
    """Nor is a centre without records: there is nothing to compare with."""
    assert [] == moved(holding(before))
    assert [] == moved(edited(replace(holding(before), records={}), title="Chủ tịch"))
    assert [] == moved(ServerState(covered=frozenset({"m"})))


def test_later_apply_is_named(moved: Callable[..., list[str]], before: Loaded) -> None:
    """Which record, on which host, by whom."""
    other = replace(before, source=source("another"))
    (change,) = moved(holding(other))
    expected = "record 20260601T080000Z-0123456, by Lê Thị B <b@example.gov.vn>"
    assert f"servers: another apply since, on m: {expected}" == change


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        (
            {"title": "Chủ tịch"},
            ["servers: not reviewed: Trần Thị Chi is now Chuyên viên at Xã Đồng Tiến"],
        ),
        (
            {"sn": "Lê"},
            ["servers: not reviewed: Trần Thị Chi: the directory entry is corrected: sn"],
        ),
    ],
)
def test_entry_changed_by_hand_is_named(
    moved: Callable[..., list[str]], before: Loaded, values: dict[str, str], lines: list[str]
) -> None:
    """By what an apply would do to it, which nobody reviewed."""
    assert lines == moved(edited(holding(before), **values))


def test_planned_change_made_by_hand_is_named(
    moved: Callable[..., list[str]], before: Loaded, after: Loaded
) -> None:
    """Unless a record shows that this plan was being applied."""
    done = replace(holding(after), records=holding(before).records)
    changes_found = moved(done)
    assert "servers: no longer needed: Nguyễn Văn An moves from Sở Tài chính" in changes_found[0]
    changes, guards = compare(before, after, DAY)
    checksum = Plan(DAY, "abc", changes, guards).checksum
    for mine in (
        replace(done, under_way={"m": record(after, checksum=checksum)}),
        replace(done, last=record(after, checksum=checksum)),
        replace(done, records={"m": record(after)}),
    ):
        assert [] == moved(mine)


def test_change_that_came_due_since_is_accepted(before: Loaded, policy: Policy) -> None:
    """The applied data announced it; servers are compared as of the day of the apply."""
    dung = replace(before.organisation.people["dung"], left=Ending("retired", DAY))
    people = {**before.organisation.people, "dung": dung}
    data = replace(before, organisation=replace(before.organisation, people=people))
    live = holding(data, DAY - timedelta(days=1))
    changes, guards = compare(data, data, DAY)
    plan = Plan(DAY, "abc", changes, guards)
    saved = PlanFile(DAY, "abc", plan.checksum, plan.as_dict())
    now = guarded(live, data, CENTRE, DAY, data)
    assert "close" in {c.action for c in now.changes}
    assert [] == changed_since_base(Reviewed(saved, data, plan), live, now, data, CENTRE)


def test_plan_against_servers_is_valid_while_they_are_unchanged(
    before: Loaded, after: Loaded
) -> None:
    """A manual change, a stranger and a file are named; so is what is done already."""
    live = holding(before)
    made = guarded(live, after, CENTRE, DAY, before)
    assert made.servers is not None
    made = replace(made, servers=replace(made.servers, hosts=(on_host(("/etc/x", "change")),)))
    saved = PlanFile(DAY, made.base, made.checksum, json.loads(made.as_json()))

    def since(now: ServerState, *files: tuple[str, str]) -> list[str]:
        plan = guarded(now, after, CENTRE, DAY, before)
        assert plan.servers is not None
        hosts = (on_host(*(files or (("/etc/x", "change"),))),)
        plan = replace(plan, servers=replace(plan.servers, hosts=hosts))
        return changed_since_reading(saved, now, plan, after)

    assert [] == since(live)
    assert ["servers: not reviewed: Trần Thị Chi: the directory entry is corrected: sn"] == since(
        edited(live, sn="Lê")
    )
    ghost = replace(live, entries={**live.entries, "uid=ma,dc=x": {"uid": ("ma",)}})
    assert ["servers: not reviewed: uid=ma,dc=x is not in the data"] == since(ghost)
    assert ["servers: not reviewed: m: create /etc/y"] == since(
        live, ("/etc/x", "change"), ("/etc/y", "create")
    )
    done = replace(holding(after), records=live.records)
    assert "no longer needed" in since(done)[0]
    resumed = replace(done, last=record(after, checksum=made.checksum))
    assert [] == since(resumed)


def test_later_days_and_records_of_a_plan_against_servers_are_compared(
    before: Loaded, after: Loaded
) -> None:
    """What was not reviewed is named; what a run of the plan has already done is not."""
    live = holding(before)
    lines = [
        Change("mailbox", key, "change", None, None, (), Message("{key} differs", key=key))
        for key in ("a", "b")
    ]
    plan = replace(
        guarded(live, after, CENTRE, DAY, before),
        later=(replace(lines[0], on=date(2027, 1, 1)),),
        edits=(Edit("people", "b", "posts", "2027-01-01", 0, "add", {}, {"title": "x"}),),
    )
    document = json.loads(plan.as_json())
    saved = PlanFile(DAY, plan.base, plan.checksum, document)
    assert [] == changed_since_reading(saved, live, plan, after)
    fewer = replace(plan, later=(), edits=())
    gone = changed_since_reading(saved, live, fewer, after)
    row = "what the edit writes: people b posts 2027-01-01"
    assert [
        "servers: no longer needed: a differs",
        f"servers: no longer needed: {row}",
    ] == gone
    less = {**document, "later": [], "edits": []}
    unseen = replace(saved, content=less, checksum=fewer.checksum)
    assert [
        "servers: not reviewed: a differs",
        f"servers: not reviewed: {row}",
    ] == changed_since_reading(unseen, live, plan, after)
    half_done = replace(live, last=record(after, checksum=saved.checksum))
    assert [] == changed_since_reading(saved, half_done, fewer, after)
    forged = replace(saved, checksum="0" * 64)
    assert ["the file: its checksum does not match its changes"] == changed_since_reading(
        forged, live, plan, after
    )


def on_host(*files: tuple[str, str]) -> OnHost:
    return OnHost("m", dict(files), {"postfix": file_sets()["postfix"]})
