"""What hosts, plans and people get of a policy, by those who would notice another value."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from samples import DAY

from hopthu.codeowners import as_github, as_gitlab, lines
from hopthu.credentials.idle import Use, idle
from hopthu.credentials.issued import deadline
from hopthu.daemons.registry import render
from hopthu.daemons.site import declared
from hopthu.daily.applier import CALLERS, applies
from hopthu.desired.host_mailboxes import shared
from hopthu.desired.state import desired
from hopthu.directory.contacts import contacts
from hopthu.directory.entries import entries
from hopthu.errors import UsageError
from hopthu.inventory.topology import Centre, Host
from hopthu.model.dns_records import txt_records
from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy
from hopthu.operations import unit_readers
from hopthu.plan.plan import make
from hopthu.render.context import Context
from hopthu.rules.context import RuleContext
from hopthu.rules.explain import explain
from hopthu.rules.names.profile import of_unit
from hopthu.rules.registry import RULES
from hopthu.show.report import show
from hopthu.source.records import Source
from hopthu.validate import Loaded, between, validate
from revisions import revision

NEW = ("xa-dong-tien", "giang-a-pao")
"""The unit and the person that a plan creates."""
KEYS = dict.fromkeys(("ca.pem", "host.pem", "host.key", "dkim.key", "htpasswd"), b"key")
KEYS["monitor.pub"], KEYS["monitor.key"] = b"00ff", b"word"
KEYS["backup.key"] = b"dir1 one two"
KEYS["backup/dir1.key.age"] = b"one two, encrypted"


@dataclass(frozen=True)
class Case:
    """The data, read with one policy."""

    source: Source
    organisation: Organisation
    policy: Policy


def host(name: str, last: int, *roles: str, stores: tuple[str, ...] = ()) -> Host:
    return Host(name, f"{name}.gov.vn", f"10.88.0.{last}", frozenset(roles), stores)


CENTRES = (
    Centre(
        "centre",
        (
            host("access1", 12, "access"),
            host("dir1", 15, "directory"),
            host("edge1", 11, "edge"),
            host("store1", 13, "store", stores=("store1",)),
            host("store2", 14, "store", stores=("store2",)),
        ),
    ),
    Centre(
        "single",
        (host("mail1", 11, "edge", "access", "store", "directory", stores=("store1", "store2")),),
    ),
    Centre("copies", (host("backup1", 61, "backup"), host("dir1", 15, "directory"))),
)


def files(case: Case) -> object:
    """Return every file of every host."""
    wanted = desired(case.organisation, case.policy, DAY)
    return {
        (centre.name, each.name): render(Context(each, centre, wanted, case.policy, KEYS))
        for centre in CENTRES
        for each in centre.hosts
    }


def readers(case: Case) -> object:
    """Return what a store knows of the readers of unit mailboxes."""
    wanted = desired(case.organisation, case.policy, DAY)
    return unit_readers.text(shared(wanted), wanted.quotas.readers)


def directory(case: Case) -> object:
    """Return the entries of the directory."""
    return entries(desired(case.organisation, case.policy, DAY), CENTRES[0], case.policy)


def listed(case: Case) -> object:
    """Return the address book."""
    return contacts(desired(case.organisation, case.policy, DAY), lambda _: True)


def refused(case: Case) -> object:
    """Return why the hosts of the inventories are refused, if they are."""
    told = []
    for centre in CENTRES:
        try:
            declared(centre, case.policy)
        except UsageError as error:
            told.append(str(error))
    return told


def problems(case: Case) -> object:
    """Return what `check` says."""
    return validate(case.source, DAY)


def compared(case: Case) -> object:
    """Return what `check` says of an edit that renames a unit, under the same policy."""
    return between(renamed(case.source, "Tên khác"), case.source, DAY)


def renamed(source: Source, name: str) -> Source:
    """Return the data with another name for the unit that a plan creates."""
    units = tuple(
        unit._replace(data={**unit.data, "name": name}) if unit.id == NEW[0] else unit
        for unit in source.units
    )
    return replace(source, records={**source.records, "units": units})


def edited(case: Case) -> object:
    """Return what `check` says of the edit that adds a unit and a person."""
    held = case.source.records
    before = {kind: tuple(r for r in held[kind] if r.id not in NEW) for kind in held}
    return between(replace(case.source, records=before), case.source, DAY)


def loosened(case: Case) -> object:
    """Return what `check` says of an edit that gives the policy another operator, by its rows."""
    (record,) = case.source.policy
    was = record._replace(data={key: record.data[key] for key in record.data if key != "changes"})
    was = was._replace(data={**was.data, "operator": "so-tai-chinh"})
    held = {**case.source.records, "policy": (was,)}
    return between(replace(case.source, records=held), case.source, DAY)


def plan(case: Case) -> object:
    """Return the changes of a plan that creates two mailboxes, its guards, and what falls due."""
    whole = case.organisation
    units = {key: each for key, each in whole.units.items() if key not in NEW}
    people = {key: each for key, each in whole.people.items() if key not in NEW}
    before = revision(replace(whole, units=units, people=people), case.policy)
    made = make(before, revision(whole, case.policy), DAY, "base").as_dict()
    return made["guards"], made["due"], [c for c in made["changes"] if c["kind"] != "policy"]


def codeowners(case: Case) -> object:
    """Return what `codeowners` writes."""
    found = lines(case.source, case.organisation, case.policy)
    return as_github(found, case.policy), as_gitlab(found, case.policy)


def offered(case: Case) -> object:
    """Return the address that the profile offers each unit."""
    facts = RuleContext(case.source, case.policy, DAY)
    naming = facts.policy.naming
    return {key: of_unit(facts, record.data, naming) for key, record in facts.units.items()}


def published(case: Case) -> object:
    """Return the DNS records that are printed."""
    return txt_records(case.policy, "v=DKIM1")


def applied_by(case: Case) -> object:
    """Return who may apply what dates bring about."""
    return {caller: applies(case.policy, caller) for caller in CALLERS}


def overdue(case: Case) -> object:
    """Return until when a password that is issued signs in."""
    return deadline(case.policy, datetime(2026, 6, 1, tzinfo=UTC))


def unused(case: Case) -> object:
    """Return who is listed as not signing in: somebody did 90 days ago."""
    now = datetime(2026, 6, 1, tzinfo=UTC)
    return idle({NEW[1]: Use(now - timedelta(days=90))}, case.policy, now)


def explained(case: Case) -> object:
    """Return what `show` says of where a unit's mail is."""
    loaded = Loaded(policy=case.policy, organisation=case.organisation, source=case.source)
    return str(show(loaded, DAY, "so-tai-chinh").why)


Observer = Callable[[Case], object]


def cited(case: Case) -> object:
    """Return what the pages of rules say of the regulation, with each article."""
    return [explain(rule.id, "vi", case.policy.regulation) for rule in RULES[:3]]


OBSERVERS: tuple[Observer, ...] = (
    files, readers, directory, refused, problems, compared, edited, plan, codeowners, offered,
    published, applied_by, overdue, unused, cited, loosened, listed, explained,
)  # fmt: skip
