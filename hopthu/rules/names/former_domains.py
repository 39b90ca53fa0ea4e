"""Rules on former domains, those of provinces that merged into ours (Art. 4, 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from hopthu.diagnostics.problem import Mark, Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.model.former_domains import FormerDomain
from hopthu.model.timeline import texts
from hopthu.rules.book import check, check_edit
from hopthu.rules.context import RuleContext

FORMER = Rule(
    "former-domain",
    "Art. 4",
    "a former domain is that of a province that merged into this one, and receives for a time that "
    "a document declares",
)
LONGEST = timedelta(days=3650)
"""The longest that a former domain may receive."""


@check
def former_domains(facts: RuleContext) -> Iterator[Problem]:
    """Report former domains that are ours, given twice, free mail, or badly dated."""
    seen: set[str] = set()
    for record in facts.source.policy:
        if "former_domains" not in record.data:
            continue
        for index, each in enumerate(facts.policy.former_domains):
            for field, what, fix in _faults(each, facts, seen):
                yield FORMER.violation(record.at("former_domains", index, field), what, fix=fix)
            seen.add(each.domain)


@check_edit
def former_domains_kept(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report former domains that last longer or shorter, or are gone, by the document of before.

    Its days were decided, and other days are decided anew (Art. 5.1). One that is over may go.
    """
    now = {each.domain: each for each in after.policy.former_domains}
    for old in before.policy.former_domains:
        new = now.get(old.domain)
        if new is None and (old.over_on(after.on) or not after.source.complete("policy")):
            continue
        if new is None:
            what = Message("{domain} is no longer declared", domain=shown(old.domain))
            fix = Message(
                "leave it in until it is over, after {day}; by a document of its own it may end "
                "sooner",
                day=old.until,
            )
            yield FORMER.violation(_policy_of(after, "former_domains"), what, fix=fix)
        elif (old.start, old.until) != (new.start, new.until) and old.document == new.document:
            field, was = ("until", old.until) if old.until != new.until else ("from", old.start)
            yield FORMER.violation(
                _place(after, new.domain, field),
                Message(
                    "{field} of {domain} was {day} by {document}",
                    field=shown(field), domain=shown(new.domain), day=was, document=old.document,
                ),
                fix=Message("restore it, or cite as `document` the one that changes it"),
            )  # fmt: skip


def _place(facts: RuleContext, domain: str, field: str) -> Mark:
    for record in facts.source.policy:
        for steps, named in texts(record, ("former_domains", "*", "domain")):
            if named == domain:
                return record.at(*steps[:-1], field)
    return _policy_of(facts, "former_domains")


def _policy_of(facts: RuleContext, key: str) -> Mark:
    """Return where the policy has a key, else where it begins."""
    records = facts.source.policy
    found = next((r for r in records if key in r.data), records[0] if records else None)
    if found is None:
        return Mark("data/policy.yaml")
    return found.at(key, key=True) if key in found.data else found.at()


def _faults(
    each: FormerDomain, facts: RuleContext, seen: set[str]
) -> Iterator[tuple[str, Message, Message]]:
    """Yield what is wrong with a former domain, with its field and its fix."""
    said = {"domain": shown(each.domain)}
    another = Message("name the domain of the province that merged into this one")
    if _related(each.domain, facts.policy.domain):
        yield "domain", Message("{domain} is our own domain, or below or above it", **said), another
    if each.domain in facts.policy.free_mail:
        yield "domain", Message("{domain} is a free-mail service", **said), another
    if each.domain in seen:
        yield (
            "domain",
            Message("{domain} is declared twice", **said),
            Message("keep one of the two"),
        )
    if each.until < each.start:
        yield (
            "until",
            Message("{domain} would end before it begins, on {day}", day=each.start, **said),
            Message("check both dates"),
        )
    elif each.until - each.start > LONGEST:
        yield (
            "until",
            Message(
                "{domain} would receive for longer than {days} days", days=LONGEST.days, **said
            ),
            Message("write {written}, or an earlier day", written=each.start + LONGEST),
        )


def _related(one: str, other: str) -> bool:
    return f".{one}".endswith(f".{other}") or f".{other}".endswith(f".{one}")
