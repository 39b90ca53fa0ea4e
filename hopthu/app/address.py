"""Find the free address for a name."""

from __future__ import annotations

from hopthu.app.edit import facts_of
from hopthu.app.workspace import Workspace
from hopthu.diagnostics.problem import shown
from hopthu.editing.lookup import with_id
from hopthu.editing.names import address_of_unit, known_kind, of_person, short_enough
from hopthu.editing.units import NewUnit
from hopthu.errors import UsageError
from hopthu.git.repository import UNKNOWN
from hopthu.git.revision import read_at
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import spelling
from hopthu.model.address_naming import place
from hopthu.model.timeline import text, value_of
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record, Source
from hopthu.validate import policy_of

_SHOWN = 5


def address(
    workspace: Workspace, name: str, unit: str | None, kind: str | None, short: str,
    parent: str | None,
) -> tuple[str, str]:  # fmt: skip
    """Return the free address, and for a person the alias with the name of a `unit`, if any.

    With a `kind` the name is that of a new unit. Raises `UsageError` if the name can be nobody's,
    or if there is no such unit.
    """
    facts = facts_of(workspace)
    source = facts.source
    for given in filter(None, (unit, parent)):
        with_id(facts, given)
    if kind is not None:
        taken = _taken_before(workspace, source, but="")
        made = NewUnit.proposed(facts, name, short, known_kind(facts, kind), parent or "")
        return address_of_unit(facts, made.as_record(), taken), ""
    if found := _unit(facts, name):
        taken = _taken_before(workspace, source, but=found.id)
        return address_of_unit(facts, found, taken), ""
    _refuse_no_name(facts, name)
    free = of_person(facts, name, _taken_before(workspace, source, but=name))
    suffix = value_of(facts.units[unit].data, "address") if unit else ""
    return free, short_enough(f"{free}.{suffix}") if suffix else ""


def _unit(facts: RuleContext, name: str) -> Record | None:
    """Return the unit with this id, or the only one of this name; raise `UsageError` if several."""
    if name in facts.units:
        return facts.units[name]
    wanted = spelling(name)
    ids = [key for key, each in facts.units.items() if spelling(text(each.data, "name")) == wanted]
    if len(ids) > 1:
        raise UsageError(
            Message("{number} units are called {name}", number=len(ids), name=shown(name)),
            fix=Message("give an id: {ids}", ids=some(ids, _SHOWN)),
        )
    return facts.units[ids[0]] if ids else None


def _refuse_no_name(facts: RuleContext, name: str) -> None:
    """Raise `UsageError` for an id of somebody, and for what begins as a unit does."""
    if name in facts.people:
        raise UsageError(
            Message("{id} is the id of somebody who has an address", id=name),
            fix=Message("see it with: {command}", command=f"hopthu show {name}"),
        )
    further = [kind.name for kind in facts.policy.unit_kinds.values()]
    if place(name, further) != name:
        raise UsageError(
            Message("{name} begins as units do, and the data has none of that name",
                    name=shown(name)),
            fix=Message("for a new unit add --kind KIND, and --short and --parent if it has them"),
        )  # fmt: skip


def _taken_before(workspace: Workspace, source: Source, *, but: str) -> set[str]:
    """Return the addresses in files of the base that have changed since, `but` for one record's.

    Whoever was taken out of the data still has an address: on the servers, and in the base.
    """
    repository = workspace.repository
    if repository.head() == UNKNOWN:
        return set()
    differing, _, _ = read_at(repository, repository.base().revision, source)
    before = RuleContext(differing, policy_of(differing), workspace.on)
    return {claim.folded for claim in before.claims if claim.record.id != but}
