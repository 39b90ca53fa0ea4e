"""Who goes on with what a unit did, whom senders are told to write to instead (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hopthu.desired.placement import lineage_of
from hopthu.model.organisation import Organisation, Unit


def successors(
    organisation: Organisation, unit: Unit, day: date, *, business: bool = False
) -> Iterator[Unit]:
    """Yield the units in which a unit goes on by a day, each followed by its own successors.

    With `business` also those that go on with the business of a dissolved one. Each comes once.
    """
    seen = {unit.id}
    pending = _next(unit, day, business=business)
    while pending:
        key = pending.pop()
        if key not in seen:
            seen.add(key)
            yield organisation.units[key]
            pending += _next(organisation.units[key], day, business=business)


def answering(organisation: Organisation, key: str, day: date) -> Iterator[tuple[Unit, bool]]:
    """Yield the units to which senders to a mailbox may be referred, until one takes mail.

    Each with whether it does: its own unit, those that go on with what this did, and the units
    above them and it. The values of the organisation are those of the day.
    """
    person = organisation.people.get(key)
    unit = organisation.units.get(person.home(day) if person else key)
    if unit is None:
        return
    heirs = [*successors(organisation, unit, day, business=True)]
    above = (lineage_of(step, organisation.units) for step in (*reversed(heirs), unit))
    for each in dict.fromkeys(step.id for steps in ([unit], heirs, *above) for step in steps):
        found = organisation.units[each]
        yield found, found.takes_mail(day)
        if found.takes_mail(day):
            return


def _next(unit: Unit, day: date, *, business: bool) -> list[str]:
    """Return the units that follow a unit by a day, the first one last."""
    if unit.ended is None or unit.ended.on > day:
        return []
    named = (*unit.ended.into, unit.ended.business_to if business else "")
    return [each for each in reversed(named) if each]
