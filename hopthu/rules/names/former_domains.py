"""Rules on former domains, those of provinces that merged into ours (Art. 4, 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from hopthu.diagnostics.problem import Mark, Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.model.former_domains import FormerDomain
from hopthu.rules.book import check, check_edit
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record

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
    for record, index, each in _declared(facts):
        for field, what, fix in _faults(each, facts, seen):
            yield FORMER.violation(record.at("former_domains", index, field), what, fix=fix)
        seen.add(each.domain)


@check_edit
def former_domains_kept(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report former domains that last longer or shorter, or are gone, by the document of before.

    Its days were decided, and other days are decided anew (Art. 5.1). One that is over may go.
    """
    now = {each.domain: (record, index, each) for record, index, each in _declared(after)}
    for _, _, old in _declared(before):
        if old.domain in now:
            record, index, new = now[old.domain]
            if (old.start, old.until) == (new.start, new.until) or old.document != new.document:
                continue
            field, was = ("until", old.until) if old.until != new.until else ("from", old.start)
            at = record.at("former_domains", index, field)
            what = Message(
                "{field} of {domain} was {day} by {document}",
                field=shown(field), domain=shown(new.domain), day=was, document=old.document,
            )  # fmt: skip
            fix = Message("restore it, or cite as `document` the one that changes it")
        elif old.over_on(after.on) or not after.source.complete("policy"):
            continue
        else:
            at = next((r.at("former_domains", key=True) for r in after.source.policy),
                      Mark("data/policy.yaml"))  # fmt: skip
            what = Message("{domain} is no longer declared", domain=shown(old.domain))
            fix = Message(
                "leave it in until it is over, after {day}; by a document of its own it may end "
                "sooner",
                day=old.until,
            )
        yield FORMER.violation(at, what, fix=fix)


def _declared(facts: RuleContext) -> Iterator[tuple[Record, int, FormerDomain]]:
    """Yield the former domains of the policy, and where each stands."""
    for record in facts.source.policy:
        if "former_domains" in record.data:
            for index, each in enumerate(facts.policy.former_domains):
                yield record, index, each


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
