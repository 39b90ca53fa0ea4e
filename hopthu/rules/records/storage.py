"""The rule that mail is in two places, or that somebody accepts what can be lost (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Mark, shown
from hopthu.i18n.message import Message
from hopthu.model.timeline import Steps, text
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext
from hopthu.schema.formats import label as label_fault

_FIX = Message(
    "if the platform below its disks keeps them in two places, write who promises that: {example}",
    example="`stores: {storage: {STORE: {replicated: …}}}`",
)


@check("store-in-two-places")
def store_in_two_places(facts: RuleContext) -> Iterator[Found]:
    """Report stores whose mail is in one place, each where it is first named."""
    for store, at in _named(facts).items():
        kept = facts.policy.stores.kept(store)
        if kept.replicated or kept.drbd:
            continue
        lost = Message(
            "what came since its last copy is lost with its disks, and all of it where no host"
            " keeps copies"
        )
        what = (
            Message("{store} keeps mail in one place ({who}): {lost}",
                    store=store, who=shown(kept.single), lost=lost)
            if kept.single
            else Message("nobody says that {store} keeps mail in two places: {lost}",
                         store=store, lost=lost)
        )  # fmt: skip
        yield Found(at, what, _FIX)


def _named(facts: RuleContext) -> dict[str, Mark]:
    """Return the stores of the policy and of units, with the first place that names each."""
    stores = facts.policy.stores
    steps: list[tuple[str, Steps]] = [
        *((store, ("stores", "storage", store)) for store in stores.storage),
        (stores.default, ("stores", "default")),
        *((store, ("stores", "by_kind", kind)) for kind, store in stores.by_kind.items()),
    ]
    found: dict[str, Mark] = {}
    for record in facts.source.policy[:1]:
        for store, path in steps:
            found.setdefault(store, record.at(*path))
    for unit in facts.source.units:
        if (store := text(unit.data, "store")) and label_fault(store) is None:
            found.setdefault(store, unit.at("store"))
    return found
