"""Plans against the state of the servers: sentences, guards, and what only servers show."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import click
import pytest
from samples import DAY, person, post, unit

from hopthu.daemons.registry import file_sets
from hopthu.desired.state import desired
from hopthu.directory.entries import DERIVED, person_dn, suffix, unit_dn
from hopthu.directory.ldif import Attributes
from hopthu.inventory.topology import Centre, Host
from hopthu.model.organisation import Ending, Organisation
from hopthu.model.policy import Policy
from hopthu.operations.unit_access import LETTERS, READ
from hopthu.plan.format_markdown import as_markdown
from hopthu.plan.format_text import as_text
from hopthu.plan.host_changes import OnHost
from hopthu.plan.plan import Plan
from hopthu.servers.plan import guarded
from hopthu.servers.state import ServerState, as_applied, as_desired
from hopthu.validate import Loaded
from revisions import revision

TOP = suffix("thanhhoa.gov.vn")
CENTRE = Centre(
    "lab",
    (
        Host("dir1", "dir1.x.vn", "10.0.0.1", frozenset({"directory"})),
        Host("store1", "store1.x.vn", "10.0.0.2", frozenset({"store"}), ("store1", "spare")),
        Host("store2", "store2.x.vn", "10.0.0.3", frozenset({"store"}), ("store2",)),
    ),
)
ALL = frozenset(host.name for host in CENTRE.hosts)


@pytest.fixture
def side(organisation: Organisation, policy: Policy) -> Loaded:
    return revision(organisation, policy)


@pytest.fixture
def live(side: Loaded) -> ServerState:
    """Servers that hold just what the data says."""
    return as_applied(side, DAY, CENTRE, ALL)


def edited(live: ServerState, dn: str, **values: str | None) -> ServerState:
    """Return what servers hold after somebody changed an entry by hand."""
    entry = dict(live.entries.get(dn, {}))
    for name, value in values.items():
        entry.pop(name, None)
        if value is not None:
            entry[name] = (value,)
    return replace(live, entries={**live.entries, dn: entry})


def planned(live: ServerState, side: Loaded, before: Loaded | None = None, on: date = DAY) -> Plan:
    return guarded(live, side, CENTRE, on, before)


def kinds(plan: Plan) -> list[tuple[str, str, str]]:
    return [(c.kind, c.id, c.action) for c in plan.changes]


def test_applied_state_reads_back_as_desired(live: ServerState, side: Loaded) -> None:
    """Kind, name, unit, title, addresses, state, quota, store and access."""
    wanted = desired(side.organisation, side.policy, DAY)
    assert wanted == as_desired(live, CENTRE, wanted, side.organisation)
    plan = planned(live, side)
    assert ((), ()) == (plan.changes, plan.refused)


def test_intended_store_is_read_if_a_host_has_several(live: ServerState, side: Loaded) -> None:
    """The directory only names the host."""
    stc = replace(side.organisation.units["stc"], store="spare")
    units = {**side.organisation.units, "stc": stc}
    there = revision(replace(side.organisation, units=units), side.policy)
    assert () == planned(live, there).changes


def test_bare_centre_passes_the_guards(side: Loaded) -> None:
    """Nothing can be lost if there is nothing (Art. 5.1)."""
    plan = planned(ServerState(covered=ALL), side)
    assert {("mailbox", "create"), ("address", "add"), ("access", "grant")} == {
        (c.kind, c.action) for c in plan.changes
    }
    assert 8 == sum(c.kind == "mailbox" for c in plan.changes)
    assert () == plan.refused


EDITS: Mapping[str, tuple[str, dict[str, str | None], tuple[str, str, str], str]] = {
    "title": (
        person_dn("chi", TOP), {"title": "Chủ tịch"}, ("mailbox", "chi", "change"),
        "Trần Thị Chi is now Chuyên viên at Xã Đồng Tiến",
    ),
    "state": (
        person_dn("chi", TOP), {"hopthuState": "locked"}, ("mailbox", "chi", "unlock"),
        "Trần Thị Chi can sign in again",
    ),
    "store": (
        person_dn("chi", TOP), {"mailHost": "store1.x.vn"}, ("mailbox", "chi", "move"),
        "Trần Thị Chi: mail moves from store1 to store2",
    ),
    "quota": (
        unit_dn("stc", TOP), {"hopthuQuota": "1048576"}, ("mailbox", "stc", "change"),
        "Sở Tài chính: quota: 1 MiB → 10 GiB",
    ),
    "family name": (
        person_dn("chi", TOP), {"sn": "Lê"}, ("entry", "chi", "restore"),
        "Trần Thị Chi: the directory entry is corrected: sn",
    ),
    "folder": (
        f"ou=people,{TOP}", {"ou": "nobody"}, ("entry", f"ou=people,{TOP}", "restore"),
        f"the directory entry ou=people,{TOP} is updated",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_manual_edit_is_one_line(live: ServerState, side: Loaded, name: str) -> None:
    """It describes what an apply would do."""
    dn, values, change, sentence = EDITS[name]
    plan = planned(edited(live, dn, **values), side)
    assert [change] == kinds(plan)
    assert sentence == plan.changes[0].summary


def test_change_cites_documents_of_the_data(live: ServerState, side: Loaded) -> None:
    """Servers do not know any."""
    posts = (post("chi", "xa", date(2026, 1, 1), decision="qd-9", request="cv-9"),)
    chi = replace(side.organisation.people["chi"], posts=posts)
    people = {**side.organisation.people, "chi": chi}
    head = revision(replace(side.organisation, people=people), side.policy)
    (change,) = planned(edited(live, person_dn("chi", TOP), title="Chủ tịch"), head).changes
    assert ("qd-9", "cv-9") == change.basis


@pytest.mark.parametrize("known", [True, False])
def test_access_is_lost_by_what_ends_it_and_not_by_what_gave_it(
    live: ServerState, side: Loaded, known: bool
) -> None:
    """Whoever moves stays head by the record: the post is what ends it, applied before or not."""
    an = side.organisation.people["an"]
    moved = post("an", "xa", DAY - timedelta(days=1), decision="qd-9", request="cv-9")
    people = {**side.organisation.people, "an": replace(an, posts=(moved,))}
    after = revision(replace(side.organisation, people=people), side.policy)
    found = planned(live, after, side if known else None).changes
    (lost,) = [change for change in found if change.action == "revoke"]
    assert (("qd-9", "cv-9"), "posts") == (lost.basis, lost.rows[0].list)


def test_new_name_of_a_unit_is_a_line_for_it_and_for_each_of_its_people(
    live: ServerState, side: Loaded
) -> None:
    """Its mailbox, and the entries of its people."""
    stc = replace(side.organisation.units["stc"], name="Sở Kinh tế")
    units = {**side.organisation.units, "stc": stc}
    plan = planned(live, revision(replace(side.organisation, units=units), side.policy))
    own, *entries = plan.changes
    assert ("mailbox", "stc", "change") == (own.kind, own.id, own.action)
    assert {"entry"} == {each.kind for each in entries}
    assert 3 == len(entries)
    assert entries[0].summary.startswith("the directory shows the new name of Sở Kinh tế for ")


def test_what_a_directory_of_an_earlier_version_cannot_find_is_one_line(
    live: ServerState, side: Loaded
) -> None:
    """Every entry changes, but nothing that anybody is shown."""

    def earlier(dn: str, entry: Attributes) -> Attributes:
        entry = {name: values for name, values in entry.items() if name not in DERIVED}
        if ",ou=units," not in dn:
            return entry
        return {n: v for n, v in entry.items() if n != "cn"} | {"ou": entry["uid"]}

    entries = {dn: earlier(dn, entry) for dn, entry in live.entries.items()}
    changed = sum(entries[dn] != entry for dn, entry in live.entries.items())
    assert changed > 5
    plan = planned(replace(live, entries=entries), side)
    assert [("entry", TOP, "add")] == kinds(plan)
    expected = f"the directory finds {changed} people and units without tone marks too"
    assert expected == plan.changes[0].summary


def test_a_name_that_a_unit_has_no_more_is_corrected(live: ServerState, side: Loaded) -> None:
    """It is shown in address books, unlike what it is found by besides."""
    plan = planned(edited(live, unit_dn("stc", TOP), cn="Sở Khác"), side)
    assert ["Sở Tài chính: the directory entry is corrected: cn"] == [
        change.summary for change in plan.changes
    ]


def test_addresses_of_a_directory_of_an_earlier_version_are_one_line(
    live: ServerState, side: Loaded
) -> None:
    """That it keeps who holds them; for a new mailbox its own lines say enough."""
    entries = {dn: e for dn, e in live.entries.items() if ",ou=addresses," not in f",{dn}"}
    number = len(live.entries) - len(entries)
    assert number > 2
    plan = planned(replace(live, entries=entries), side)
    assert [("entry", f"ou=addresses,{TOP}", "add")] == kinds(plan)
    assert f"the directory keeps who holds {number - 1} address(es)" == plan.changes[0].summary
    nobody = {dn: e for dn, e in entries.items() if dn != person_dn("nguyen-van-an", TOP)}
    kept = {dn: e for dn, e in live.entries.items() if "hopthuHolder" in e}
    kept = {dn: e for dn, e in kept.items() if e["hopthuHolder"] != ("nguyen-van-an",)}
    assert {"mailbox", "address"} >= {
        kind for kind, _, _ in kinds(planned(replace(live, entries={**nobody, **kept}), side))
    }


def test_access_is_read_from_the_stores(live: ServerState, side: Loaded) -> None:
    """Unwanted access is revoked, with its former reason if known; missing access is granted."""
    readers = {**live.readers, ("stc", "chi"): LETTERS, ("vp", "dung"): frozenset()}
    found = planned(replace(live, readers=readers), side).changes
    assert [("access", "stc/chi", "revoke", ()), ("access", "vp/dung", "revoke", ())] == [
        (c.kind, c.id, c.action, c.basis) for c in found
    ]
    assert "no record grants it" in found[0].summary
    chi = side.organisation.people["chi"].name
    assert found[0].summary.startswith(chi), "whoever nothing else changes for has a name too"
    stc = side.organisation.units["stc"]
    ended = replace(stc.heads[0], person="chi", until=date(2026, 5, 31), acting=True)
    units = {**side.organisation.units, "stc": replace(stc, heads=(ended, *stc.heads))}
    known = revision(replace(side.organisation, units=units), side.policy)
    over = planned(replace(live, readers=readers), known).changes
    assert f"{chi} loses access to the mailbox of {stc.name} as acting head" == over[0].summary
    for partial in ({}, {("stc", "binh"): READ, ("stc", "an"): LETTERS}):
        some = planned(replace(live, readers=partial), side)
        assert ("access", "stc/binh", "grant") in kinds(some)


def test_store_that_is_not_read_counts_as_correct(live: ServerState, side: Loaded) -> None:
    """An apply with --limit does not touch it."""
    partial_state = replace(live, readers={}, covered=ALL - {"store1"})
    assert [] == kinds(planned(partial_state, side))


def stranger(live: ServerState) -> ServerState:
    entry = live.entries[person_dn("chi", TOP)]
    ghost = {**entry, "uid": ("ma",), "mail": ("ma@x.vn",), "mailLocalAddress": ("ma@x.vn",)}
    return replace(live, entries={**live.entries, person_dn("ma", TOP): ghost})


@pytest.mark.parametrize("known", [True, False])
def test_access_that_no_record_gave_is_lost_without_a_document(
    live: ServerState, side: Loaded, known: bool
) -> None:
    """Nobody's post is why: somebody gave it on the server."""
    given = replace(live, readers={**live.readers, ("stc", "chi"): LETTERS})
    (lost,) = planned(given, side, side if known else None).changes
    assert ("revoke", "stc/chi", (), ()) == (lost.action, lost.id, lost.basis, lost.rows)


def test_stranger_is_listed_and_left_alone(live: ServerState, side: Loaded) -> None:
    """It was not in the applied data either."""
    plan = planned(stranger(live), side, before=side)
    assert () == plan.changes
    assert plan.servers is not None
    assert (person_dn("ma", TOP),) == plan.servers.strangers
    text = click.unstyle(as_text(plan, side.organisation))
    heading = "Directory entries that are not in the data, left unchanged:"
    assert f"{heading}\n        {person_dn('ma', TOP)}\n" in text
    assert "giữ nguyên** (1)" in as_markdown(plan, side.organisation, "vi")


@pytest.mark.parametrize("known", [True, False])
def test_mailbox_lost_from_the_data_counts_as_closed(
    live: ServerState, side: Loaded, known: bool
) -> None:
    """Its mail is refused from then on; nothing is erased."""
    people = {k: p for k, p in side.organisation.people.items() if k != "chi"}
    head = revision(replace(side.organisation, people=people), side.policy)
    plan = planned(live, head, before=side if known else None)
    assert [("mailbox", "chi", "close"), ("address", "chitt@thanhhoa.gov.vn", "remove")] == kinds(
        plan
    )
    assert "chi is not in the data: mail is refused; the entry and the mail stay" == (
        plan.changes[0].summary
    )
    assert 1 == next(g.actual for g in plan.guards if (g.id, g.scope) == ("close", "all"))


def test_mass_closing_is_refused_without_a_base(side: Loaded, policy: Policy) -> None:
    """No change for git, but one for servers that are far behind, or if a clock is wrong."""
    people = {f"p{n}": person(f"p{n}", f"Lê {n}", f"le.{n}", "stc") for n in range(40)}
    full = replace(side.organisation, people={**side.organisation.people, **people})
    live = as_applied(revision(full, policy), DAY, CENTRE, ALL)
    gone = {k: replace(p, left=Ending("retired", DAY)) for k, p in people.items()}
    head = revision(replace(full, people={**full.people, **gone}), policy)
    assert {("close", "all"), ("close", "stc")} == {
        (g.id, g.scope) for g in planned(live, head, before=head).refused
    }
    allowed = replace(policy, guards=replace(policy.guards, close=policy.guards.create))
    assert planned(live, revision(head.organisation, allowed), before=head).refused


def test_declared_merger_and_its_consequences_pass(side: Loaded, policy: Policy) -> None:
    """The redirect, its end, and the archive, each on its day."""
    units = {f"u{n}": unit(f"u{n}", f"Xã {n}", f"xa.{n}", kind="commune") for n in range(40)}
    end = Ending("merged", DAY, into=("stc",), decision="nq-1", request="cv-1")
    over = {key: replace(u, ended=end) for key, u in units.items()}
    before, after = (
        revision(replace(side.organisation, units={**side.organisation.units, **each}), policy)
        for each in (units, over)
    )
    days = [DAY, DAY + timedelta(days=180), DAY + timedelta(days=270)]
    live = as_applied(before, DAY, CENTRE, ALL)
    for day, action in zip(days, ("redirect", "close", "archive"), strict=True):
        plan = planned(live, after, before=after, on=day)
        assert 40 == sum(c.action == action for c in plan.changes if c.kind == "mailbox")
        assert () == plan.refused
        live = as_applied(after, day, CENTRE, ALL)
    erased = planned(live, after, before=after, on=DAY + timedelta(days=270 + 3650))
    assert ("erase", "all") in {(g.id, g.scope) for g in erased.refused}


def test_change_of_domain_affects_every_address(live: ServerState, side: Loaded) -> None:
    """The directory of the old domain is not mistaken for an empty one."""
    other = revision(side.organisation, replace(side.policy, domain="x.gov.vn"))
    plan = planned(live, other)
    assert {"add", "remove"} == {c.action for c in plan.changes if c.kind == "address"}
    assert plan.refused


def test_hosts_are_listed_after_people(live: ServerState, side: Loaded) -> None:
    """Files, then reloads and restarts; each sentence once; JSON has everything."""
    files = {f"/etc/postfix/{n}": "change" for n in range(12)} | {"/etc/x": "remove"}
    services = {name: file_sets()[name] for name in ("postfix", "clamav", "clamav-units")}
    plan = planned(edited(live, person_dn("chi", TOP), title="Chủ tịch"), side)
    assert plan.servers is not None
    host = OnHost("edge1", files, services, new_mailboxes=2, stopped=("rspamd.service",))
    plan = replace(plan, servers=replace(plan.servers, hosts=(host,)))
    text = click.unstyle(as_text(plan, side.organisation))
    expected = """\
On host edge1:
      ~ 12 lines, such as /etc/postfix/0 is changed (digest """
    assert text.index("Trần Thị Chi is now") < text.index(expected)
    assert "      - /etc/x is removed\n      + new mailboxes: 2\n" in text
    assert "      - rspamd.service is stopped and no longer starts\n" in text
    assert "        Postfix reloads\n        ClamAV restarts; mail waits meanwhile\nCh" in text
    assert 12 == as_text(plan, side.organisation, details=True).count("/etc/postfix/")
    assert text.endswith(f"Compared with the servers of lab; checksum {plan.checksum[:16]}.\n")
    markdown = as_markdown(plan, side.organisation, "vi")
    assert "<details><summary>Trên máy chủ edge1 (17)</summary>" in markdown
    assert "- `Postfix nạp lại cấu hình`\n" in markdown
    (host_json,) = json.loads(plan.as_json("vi"))["hosts"]
    assert {"set": "postfix", "how": "reload", "summary": "Postfix nạp lại cấu hình"} == (
        host_json["services"][0]
    )
    assert (files, 2) == (host_json["files"], host_json["new_mailboxes"])
    assert ["rspamd.service"] == host_json["stopped"]


def test_heading_if_only_files_change(live: ServerState, side: Loaded) -> None:
    """It says so."""
    plan = planned(live, side)
    assert plan.servers is not None
    host = OnHost("edge1", {"/etc/x": "create"}, {})
    plan = replace(plan, servers=replace(plan.servers, hosts=(host,)))
    assert "mailboxes, addresses and rights stay as they are" in as_text(plan, side.organisation)
