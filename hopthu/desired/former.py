"""Who had a unit's mailbox and has it no more: by a transfer, a new head, or a delegation's end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hopthu.desired.state import Desired
from hopthu.model.organisation import Organisation


def former(organisation: Organisation, state: Desired, since: date) -> Sequence[tuple[str, str]]:
    """Return units and people on record as their head or delegate, who have no access to them.

    Those whose time on record ended before `since` are left out; who lost theirs last comes first.
    A unit that has ended counts as long as its mailbox is kept, and then whoever had it from its
    heirs counts too.
    """
    has = {(access.unit, access.person) for access in state.access}
    lost: dict[tuple[str, str], date] = {}
    for unit in (mailbox.id for mailbox in state.kept() if mailbox.kind == "unit"):
        for had_by in (organisation.units[key] for key in organisation.heirs(unit, state.on)):
            for row in (*had_by.heads, *had_by.delegates):
                last = min(row.until or state.on, state.on)
                if row.start <= state.on and last >= since and (unit, row.person) not in has:
                    pair = unit, row.person
                    lost[pair] = max(last, lost.get(pair, last))
    return sorted(lost, key=lambda pair: (-lost[pair].toordinal(), pair))
