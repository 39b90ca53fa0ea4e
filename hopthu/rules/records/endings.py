"""Rules on when units exist, and what becomes of their people and mail when they end (Art. 5.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.terms import in_days, some_id
from hopthu.model.lifecycle import SHORTEST_REDIRECT
from hopthu.model.timeline import (
    NEVER,
    Steps,
    day_after,
    days_after,
    facts_of,
    text,
    texts,
    written,
)
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext, successors
from hopthu.source.records import Record

_BUSINESS_TO = ("ended", "business_to")


def _within(
    facts: RuleContext, at: tuple[Record, Steps], unit: str, days: tuple[str, str], instead: Message
) -> Iterator[Found]:
    """Yield that a unit is named from a day until before another, and does not exist by then."""
    (record, steps), (start, end) = at, days
    created, ended = facts.created.get(unit), facts.ended.get(unit)
    if created and start < created.start:
        what = Message("{unit} begins only on {day}", unit=unit, day=created.start)
        fix = Message("check both dates, or name the unit that was there before that day")
        yield Found(record.at(*steps), what, fix)
    elif ended and end > ended.start:
        what = Message("{unit} ends on {day}", unit=unit, day=ended.start)
        yield Found(record.at(*steps), what, instead)


@check("within-unit-life")
def _of_people(facts: RuleContext) -> Iterator[Found]:
    """Report units of posts and offices; the latter end with the unit by themselves."""
    dated = facts.created.keys() | facts.ended.keys()
    instead = Message("add where they went from that day on, as a post or as `left`")
    for listed in (*facts.posts.values(), *facts.heads.values(), *facts.delegates.values()):
        for row in listed:
            if row.unit in dated:
                first = day_after(row.start)
                end = max(row.end, first) if row.kind == "post" else first
                at = row.record, row.steps
                yield from _within(facts, at, row.unit, (row.start, end), instead)


@check("within-unit-life")
def _issuers(facts: RuleContext) -> Iterator[Found]:
    """Report issuers of documents, on the day of each."""
    dated = facts.created.keys() | facts.ended.keys()
    instead = Message("name the unit that issued it on that day, or check the date")
    for key, paper in facts.papers.items():
        if paper.issuer in dated and paper.date:
            at, days = (facts.documents[key], ("issuer",)), (paper.date, day_after(paper.date))
            yield from _within(facts, at, paper.issuer, days, instead)


@check("within-unit-life")
def _parents(facts: RuleContext) -> Iterator[Found]:
    """Report units above others, on days to come and today.

    A unit without `created` is older than what is on record: its parent must exist today.
    """
    for unit, record in facts.units.items() if facts.created or facts.ended else ():
        begin = facts.created[unit].start if unit in facts.created else facts.today
        own = facts.ended[unit].start if unit in facts.ended else NEVER
        moved = [r.start for r in facts.fact_changes.get(unit, ()) if "parent" in facts_of(r)]
        for _, until, data in facts.past.spans(record):
            if until <= facts.today or ("created" in record.data and unit not in facts.created):
                continue
            since = max((day for day in moved if day < until), default=begin)
            instead = Message("name its parent from then on")
            days = since, min(own, until)
            yield from _within(facts, (record, ("parent",)), text(data, "parent"), days, instead)


@check("within-unit-life")
def _of_endings(facts: RuleContext) -> Iterator[Found]:
    """Report units that others go on in: they are there on the day these end."""
    instead = Message("name the unit that took over on that day")
    for row in facts.ended.values():
        for steps, unit in (*successors(row.record), *texts(row.record, _BUSINESS_TO)):
            days = row.start, day_after(row.start)
            yield from _within(facts, (row.record, steps), unit, days, instead)


@check("ending-says-where")
def ending_says_where(facts: RuleContext) -> Iterator[Found]:
    """Report endings that name too few or too many successors for how the unit ended."""
    for row in facts.ended.values():
        into = [named for _, named in texts(row.record, ("ended", "into", "*"))]
        parts = {named for _, named in texts(row.record, ("ended", "parts", "*", "into"))}
        others = any(texts(row.record, _BUSINESS_TO))
        how, mailbox_to = row.says("how"), row.says("mailbox_to")
        if how == "merged" and (len(into) != 1 or parts or others or mailbox_to):
            what = Message("a merged unit names its one successor in `into`, and no other unit")
            fix = Message(
                "write `into: [{unit}]`; a unit that went to several is `how: split`, with `parts`",
                unit=some_id("units"),
            )
        elif how == "split" and (len(parts) < 2 or into or others):
            what = Message(
                "a split unit says in `parts` alone what went to which of two units or more"
            )
            example = f"[{{into: {some_id('units')}, what: bản Pù Toong}}, …]"
            fix = Message("write `parts: {parts}`", parts=example)
        elif how == "split" and mailbox_to and mailbox_to not in parts:
            what = Message("`mailbox_to` names none of the units in `parts`")
            fix = Message("name the one whose head is to read the mailbox, or leave it out")
        elif how == "dissolved" and (into or parts or mailbox_to):
            what = Message("a dissolved unit has no successor")
            fix = Message(
                "remove `into` and `parts`, or write `how: merged`; `business_to` names the unit "
                "that goes on with its business"
            )
        else:
            continue
        yield Found(row.record.at("ended"), what, fix)


@check("ending-says-where")
def mailbox_left_to_nobody(facts: RuleContext) -> Iterator[Found]:
    """Warn of units to be split whose mailbox nobody can read then."""
    for row in facts.ended.values():
        coming = row.start >= facts.today and "mailbox" in row.record.data
        if coming and row.says("how") == "split" and "mailbox_to" not in written(row):
            what = Message(
                "from {day} on nobody reads its mailbox, which takes no mail any more",
                day=row.start,
            )
            fix = Message(
                "if the decision names one of the units in `parts` that has it, write "
                "`mailbox_to`; else leave it"
            )
            yield Found(row.record.at("ended"), what, fix, severity="warning")


@check("ending-says-where")
def moved_elsewhere(facts: RuleContext) -> Iterator[Found]:
    """Warn of merged and split units whose people go to other units than its successors.

    Only those count whom one decision sends there together with others who go to a successor, or
    whom the decision that ended the unit sends there: who is assigned elsewhere has one of their
    own. An office that is reorganised is staffed by one decision, so this is for people to judge.
    """
    for (unit, decision), targets in _moves(facts).items():
        end = facts.ended[unit]
        named = {*facts.heirs[unit]}
        elsewhere = {
            to: n for to, n in targets.items() if named.isdisjoint(facts.above(to, end.start))
        }
        carries_out = decision == end.decision or len(elsewhere) < len(targets)
        if named and carries_out and elsewhere:
            what = Message(
                "{number} of the {all} people whom {decision} sends on go to {units}, not "
                "to a successor",
                number=sum(elsewhere.values()),
                all=sum(targets.values()),
                decision=decision,
                units=some(sorted(elsewhere), 5),
            )
            fix = Message(
                "if part of its business went there, write `how: split`, with what went to "
                "each unit in `parts`; else leave it"
            )
            yield Found(end.record.at("ended"), what, fix, severity="warning")


def _moves(facts: RuleContext) -> dict[tuple[str, str], Counter[str]]:
    """Return where the people of each ended unit went on that day by each decision, by unit."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for listed in (listed for listed in facts.posts.values() if len(listed) > 1):
        for unit in {row.unit for row in listed if row.unit in facts.ended}:
            for row in listed:
                if row.main and row.start == facts.ended[unit].start and row.unit != unit:
                    found.setdefault((unit, row.decision), Counter())[row.unit] += 1
    return found


@check("open-redirect")
def open_redirect(facts: RuleContext) -> Iterator[Found]:
    """Report ended units whose mail goes to nobody: a successor is dissolved, or has no mailbox."""
    for unit, row in facts.ended.items():
        into = [named for named in facts.heirs[unit] if named in facts.units]
        open_until = days_after(row.start, facts.policy.lifecycle.redirect_days)
        for end in (facts.ended[named] for named in into if named in facts.ended):
            if end.says("how") == "dissolved" and row.start < end.start <= open_until:
                what = Message(
                    "mail of {unit} is redirected here until {day}", unit=unit, day=open_until
                )
                fix = Message("dissolve it later, or merge it into the unit that takes the mail")
                yield Found(end.at("on"), what, fix)
        receives = "mailbox" in row.record.data and open_until > max(row.start, facts.today)
        if into and receives and not any("mailbox" in facts.units[key].data for key in into):
            what = Message("no successor has a mailbox, so mail to this unit would be refused")
            fix = Message("give a mailbox to the successor that is to receive the mail")
            yield Found(row.at(), what, fix)


@check("open-redirect")
def short_redirect(facts: RuleContext) -> Iterator[Found]:
    """Report a policy by which mail of units that merge or split is refused almost at once."""
    days = facts.policy.lifecycle.redirect_days
    over = [
        days_after(row.start, days)
        for row in facts.ended.values()
        if "mailbox" in row.record.data and facts.heirs[row.unit]
    ]
    soon = [day for day in over if day >= facts.today]
    if days < SHORTEST_REDIRECT and soon:
        what = Message(
            "mail to merged or split units is refused after {days}, from {day} on: {number}",
            days=in_days(days),
            day=min(soon),
            number=len(soon),
        )
        why = Message("senders have to learn the new address; guards count a sooner end")
        fix = Message("write {days} at least", days=SHORTEST_REDIRECT)
        at = facts.setting("lifecycle", "redirect_days")
        yield Found(at, what, fix, severity="warning", why=why)
