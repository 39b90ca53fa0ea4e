"""Rules on what a document grants in the policy for a time: allowances and former domains."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.timeline import NEVER, Steps, day, days_after, text
from hopthu.rules.book import Found, check, check_edit
from hopthu.rules.context import RuleContext
from hopthu.rules.edit import Edit
from hopthu.source.records import Record
from hopthu.source.values import Map

_GRANTS = {"allowances": ("guard", "scope", "document"), "former_domains": ("domain", "document")}
"""The keys of the policy with what documents grant, and the fields that say what, and which."""
_DAYS = ("from", "until")
_LONGEST = 366


@check("allowance-scope")
def allowance_scope(facts: RuleContext) -> Iterator[Found]:
    """Report allowances of scopes that do not exist, that last too long, and that are over."""
    for record, steps, each in _grants(facts):
        if steps[0] != "allowances":
            continue
        scope, until = text(each, "scope"), day(text(each, "until"))
        issued = facts.issued.get(text(each, "document"), "")
        last = days_after(issued, _LONGEST) if issued else NEVER
        if scope not in ("", WHOLE_PROVINCE, *facts.units) and facts.source.complete("units"):
            what = Message("there is no unit {unit}", unit=shown(scope))
            fix = Message("give the id of a unit, or `all` for the guard over the province")
            yield Found(record.at(*steps, "scope"), what, fix)
        at = record.at(*steps, "until")
        if until > last:
            what = Message(
                "by a document of {day} it lasts through {last} at most", day=issued, last=last
            )
            fix = Message("end it sooner: an allowance is for one change")
            yield Found(at, what, fix)
        if until and until < facts.today:
            what = Message("the allowance was over on {day}", day=until)
            fix = Message("delete it: the guard applies again")
            yield Found(at, what, fix, severity="warning")


@check_edit("fact-basis")
def granted_by_another(edit: Edit) -> Iterator[Found]:
    """Report grants of other days by the same document, and former domains that are gone.

    Its days were decided, and other days are decided anew; but an allowance may end sooner, and
    what is over may go.
    """
    before, after = edit.before, edit.after
    known: dict[tuple[str, ...], str] = {}
    for _, steps, each in _grants(before):
        for field in _DAYS:
            key = _key(steps, each, field)
            known[key] = max(known.get(key, ""), day(text(each, field)))
    for record, steps, each in _grants(after):
        for field in _DAYS:
            was, now = known.get(_key(steps, each, field)), day(text(each, field))
            if was and now != was and not (now < was and steps[0] == "allowances"):
                what = Message(
                    "{field} was {day} by {document}",
                    field=shown(field),
                    day=was,
                    document=text(each, "document"),
                )
                fix = Message("restore it, or cite as `document` the one that changes it")
                yield Found(record.at(*steps, field), what, fix)
    for _, _, each in _grants(before) if after.source.complete("policy") else ():
        domain, until = text(each, "domain"), day(text(each, "until"))
        if domain and domain not in after.former_domains and until >= after.today:
            what = Message("{domain} is no longer declared", domain=shown(domain))
            fix = Message(
                "leave it in until it is over, after {day}; by a document of its own it may "
                "end sooner",
                day=until,
            )
            yield Found(after.setting("former_domains", key=True), what, fix)


def _grants(facts: RuleContext) -> Iterator[tuple[Record, Steps, Map]]:
    """Yield each grant of the policy, with its record and the steps to it."""
    for record in facts.source.policy:
        for field in _GRANTS:
            listed = record.data.get(field)
            for index, each in enumerate(listed if isinstance(listed, list) else ()):
                if isinstance(each, dict):
                    yield record, (field, index), each


def _key(steps: Steps, grant: Map, field: str) -> tuple[str, ...]:
    """Return what identifies a field of a grant in another revision."""
    return str(steps[0]), field, *(text(grant, named) for named in _GRANTS[str(steps[0])])
