"""Rules between two revisions: ids and addresses keep naming what they named (Art. 4)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Mark, shown
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, same
from hopthu.model.former_domains import domain_of
from hopthu.model.timeline import text, value_of
from hopthu.rules.book import Found, check_edit
from hopthu.rules.context import Claim
from hopthu.rules.edit import CheckEdit, Edit, Pair
from hopthu.source.records import Record

_FEW = 20
"""So many records removed from a file are reported one by one; more have one cause."""
_SHOWN = 3
"""So many of the others are named."""


@check_edit("id-removed")
def id_removed(edit: Edit) -> Iterator[Found]:
    """Report units and people that were removed; documents go with the last row that cites them."""
    for kind in (each for each in ("units", "people") if edit.after.source.complete(each)):
        there = {record.id for record in edit.after.source.records[kind]}
        by_file: dict[str, list[Record]] = {}
        for record in edit.before.source.records[kind]:
            if record.id and record.id not in there:
                by_file.setdefault(record.file, []).append(record)
        for file, removed in by_file.items():
            if len(removed) > _FEW:
                ids = some([record.id for record in removed], _SHOWN)
                what = Message("{number} records were removed: {ids}", number=len(removed), ids=ids)
                fix = Message("restore its records, such as from the last commit")
                yield Found(Mark(file), what, fix)
                continue
            for record in removed:
                at = Mark(file, place=(record.kind, record.id, ()))
                fix = Message("restore it; record the end with `left` or `ended`")
                yield Found(at, Message("the record was removed"), fix)


@check_edit("id-reused")
def id_reused(edit: Edit) -> Iterator[Found]:
    """Report ids that now seem to name another unit or person."""
    for pair in edit.pairs("units", "people"):
        if is_reused(pair):
            what = Message(
                "the id was that of {name}", name=shown(same(text(pair.old.data, "name")))
            )
            fix = Message(
                "if it is the same one, add a row to `changes` that names both, with its "
                "documents; otherwise restore the old record and give the new one its own id"
            )
            yield Found(pair.new.at("id"), what, fix)


@check_edit("address-kept")
def addresses_kept(edit: Edit) -> Iterator[Found]:
    """Report addresses that changed hands, were dropped, or came back."""
    now: dict[str, list[Claim]] = {}
    for claim in edit.after.claims:
        now.setdefault(claim.folded, []).append(claim)
    for old in edit.before.claims:
        claims = now.get(old.folded, [])
        # Of several the holder's own: whether the others may have it is asked of each revision.
        new = next((c for c in claims if c.record.id == old.record.id), next(iter(claims), None))
        holder = edit.after.holder(old.record.id)
        if new is None and holder is not None:
            what = Message("address {address} is no longer on record", address=shown(old.address))
            fix = Message("keep it as an alias, or under `former`")
            yield Found(holder.at("mailbox", key=True), what, fix)
        elif new is not None and new.record.id != old.record.id:
            what = Message(
                "address {address} was that of {holder}",
                address=shown(new.address),
                holder=old.record.id,
            )
            fix = Message("give another address, and leave this one where it was")
            yield Found(new.record.at(*new.steps), what, fix, rule="address-changed-hands")
        elif new is not None and "former" in old.steps and "former" not in new.steps:
            what = Message("address {address} was given up before", address=shown(new.address))
            fix = Message("leave it under `former`, and choose another")
            yield Found(new.record.at(*new.steps), what, fix)


@check_edit("address-never-held")
def given_up(edit: Edit) -> Iterator[Found]:
    """Report addresses newly given up that nobody had.

    An address at a former domain takes none of ours, and the other province says who held it.
    """
    known = {claim.folded for claim in edit.before.claims}
    for claim in edit.after.claims:
        if "former" not in claim.steps or claim.folded in known or domain_of(claim.address):
            continue
        if not edit.before.source.complete(claim.record.kind):
            continue  # it may well be there
        if not edit.after.grants(claim.record, claim.address):
            what = Message("address {address} was never in use", address=shown(claim.address))
            fix = Message(
                "leave it out; if it was in use before there was a record of it, cite as "
                "`exception` the document that says so, with `addresses: [{address}]` in its "
                "record",
                address=shown(claim.address),
            )
            yield Found(claim.record.at(*claim.steps), what, fix)


def is_reused(pair: Pair) -> bool:
    """Tell whether name and address differ, and no new row of `changes` names both."""
    name, other = (fold(text(each.data, "name")) for each in pair)
    held, holds = (fold(value_of(each.data, "address")) for each in pair)
    return name != other and held != holds and not {"name", "address"} <= pair.changed().keys()


PERMANENT: tuple[CheckEdit, ...] = (id_removed, id_reused, addresses_kept)
"""The checks that hold between any two revisions, whatever the date and the steps in between.

The others judge an edit on its day: a row may be changed while it is in the future, and be in the
past by the time of the comparison (`hopthu.history.steps`).
"""
PERMANENT_RULES = ("id-removed", "id-reused", "address-changed-hands", "address-kept")
"""The rules of these checks, which no step in between excuses: an address that was served stays."""
