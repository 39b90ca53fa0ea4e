"""The rule that a row ends when its documents say, or by what begins then (Art. 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.i18n.message import Message
from hopthu.model.timeline import NAMES, NEVER, Fact, day_after, day_before
from hopthu.rules.book import Found, check_edit
from hopthu.rules.context import RuleContext
from hopthu.rules.edit import Edit, Pair
from hopthu.rules.edits.fact_basis import changed_by
from hopthu.rules.edits.immutable_history import CORRECT, FACTS, HELD
from hopthu.rules.edits.revisions import is_reused
from hopthu.rules.powers.undoing import SET, Corrections, may_end, who_may_end


@check_edit("fact-basis")
def row_ends(edit: Edit) -> Iterator[Found]:
    """Report rows that end on another day than was written, for no other row's sake.

    What was over by then is the past, which another rule keeps, as it keeps rows; but a lock or a
    hold that is corrected away is lifted.
    """
    today = edit.after.today
    for pair, was, row in edit.kept():
        if was.kind not in (*HELD, "hold") or is_reused(pair):
            continue  # reported as such
        if row is None:
            if was.kind in SET and was.holds_on(today) and pair.corrected_by():
                yield from _baseless(edit, pair, was, None, was)
            continue
        yield from _cut_short(edit, pair, was, row)
        # A hold that is over, or has another decision, is reported elsewhere.
        over = was.kind == "hold" and (
            min(was.end, row.end) <= today or was.decision != row.decision
        )
        if was.start <= today and not (was.until and was.until < today) and not over:
            yield from _moved(edit, pair, was, row)


def _moved(edit: Edit, pair: Pair, was: Fact, row: Fact) -> Iterator[Found]:
    """Report a running row whose end differs.

    Another row may end one sooner, and never makes one last longer. A lock that ended for another
    row's sake does not by itself, and one that somebody's leaving ends goes on if they come back.
    """
    sooner = was.kind not in SET and is_ended(row, edit.after) and row.term <= was.term
    bare = was.kind == "lock" and row.until and is_ended(was, edit.before)
    if (was.until == row.until and not bare) or sooner:
        return
    shorter, longer = row.term < was.term, row.term > was.term
    judged = {"post": True, "delegate": longer, **dict.fromkeys(SET, shorter)}.get(was.kind)
    ended = was._replace(end=min(was.end, row.end)) if judged else None
    # Rows may be corrected as well; but what was set by one is not lifted by another.
    set_by_one = ended is not None and was.kind in SET
    if set_by_one or not Corrections(edit).of_row(edit.before, was, pair):
        yield from _baseless(edit, pair, was, row, ended)


def _baseless(
    edit: Edit, pair: Pair, was: Fact, row: Fact | None, ended: Fact | None
) -> Iterator[Found]:
    """Report a row that ends otherwise, unless a document newly cited for it may end it."""
    fact = FACTS[was.kind]
    documents = pair.changed().get(fact, frozenset())
    if row:
        documents -= {was.decision, was.request}
    if ended:
        documents |= Corrections(edit).documents(ended, pair)
    free = fact in edit.after.policy.documents.without
    if free or (documents and (ended is None or may_end(edit.power, ended, documents))):
        return
    fix = changed_by(fact, edit.after.today, {})
    if ended and documents:
        fix = who_may_end(edit.power, ended)
    steps = (*row.steps, "until") if row else ("id",)
    what = _ended(was)
    if row and was.until == row.until:
        what = Message("{what} because of another row, which says so no more", what=what)
    yield Found(pair.new.at(*steps), what, fix)


def _cut_short(edit: Edit, pair: Pair, was: Fact, row: Fact) -> Iterator[Found]:
    """Report a row that now ends by its own last day, on a past day on which it still held."""
    today = edit.after.today
    own = row.until and day_after(row.until) == row.term < min(was.term, today)
    if not own or row.kind not in HELD or is_ended(row, edit.after):
        return
    if not Corrections(edit).of_row(edit.after, row, pair):
        what = Message("the row now ends on {day}, a day gone by", day=row.until)
        fix = Message(
            "write {written}, the last day on which it held; {correct}",
            written=day_before(today),
            correct=CORRECT,
        )
        yield Found(row.at("until"), what, fix, rule="history-rewritten")


def is_ended(row: Fact, facts: RuleContext) -> bool:
    """Tell whether another row ends one by its last day: it has documents of its own."""
    over = facts.left.get(row.record.id) or facts.ended.get(row.record.id)
    starts = [over.start] if over else []
    heads = facts.heads.get(row.unit, ())
    others = {
        "post": facts.posts.get(row.person, ()),
        "head": heads,
        "delegate": (*facts.delegates.get(row.unit, ()), *heads),  # with who authorised them
    }
    starts += [each.start for each in others.get(row.kind, ()) if row.main and each.main]
    if row.kind in ("head", "delegate"):  # an office ends with the post in the unit
        starts.append(facts.works_until(row.person, row.unit, row.start))
    own = day_after(row.until) if row.until else NEVER
    return row.term < own or any(row.start < start <= row.term for start in starts)


def _ended(was: Fact) -> Message:
    kind, day = NAMES[was.kind], was.start
    if was.until:
        return Message("{kind} from {day} was until {until}", kind=kind, day=day, until=was.until)
    return Message("{kind} from {day} had no last day", kind=kind, day=day)
