"""Check whether the commit checked out continues from what is deployed, or goes back.

A clone that has not pulled lacks a colleague's change, and applying it would revert that change.
Therefore the deployed commit must be the one checked out, or an ancestor of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hopthu.diagnostics.problem import Problem, printable, shown
from hopthu.errors import Refused, UsageError
from hopthu.git.repository import UNKNOWN, Repository
from hopthu.git.revision import read_at
from hopthu.history.data_digest import digest
from hopthu.history.record import Record
from hopthu.history.removals import since, since_base
from hopthu.history.steps import of_steps
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.rules.context import RuleContext
from hopthu.rules.edits.revisions import PERMANENT
from hopthu.rules.powers.serving import unfit
from hopthu.source.records import Source
from hopthu.validate import policy_of

_SHORT = 12
_IN_AN_EMERGENCY = Message("in an emergency give a reason: --without-document REASON")


@dataclass(frozen=True, slots=True)
class Return:
    """The operator's order to go back: to which revision, and by which document.

    Without a `document` there is a `reason`, in the operator's words.
    """

    to: str
    document: str = ""
    reason: str = ""

    def sentence(self, head: str, found: Iterable[Newer]) -> Message:
        """Return what the record says of going back to the commit `head`."""
        values = {"commit": head[:_SHORT], "newer": ", ".join(n.commit[:_SHORT] for n in found)}
        if self.document:
            return Message(
                "back to {commit} from {newer}, by {document}", document=self.document, **values
            )
        return Message(
            "back to {commit} from {newer}, without a document: {reason}",
            reason=printable(self.reason), **values,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Newer:
    """A commit that is deployed on `hosts` and not contained in the one checked out.

    `record` is that of the newest run that deployed it; `known` is true if the clone has it.
    """

    commit: str
    hosts: tuple[str, ...]
    record: Record
    known: bool


def newer(repository: Repository, records: Mapping[str, Record]) -> tuple[Newer, ...]:
    """Return the deployed commits that are neither checked out nor ancestors of it.

    Hosts whose commit is unknown are left out.
    """
    by_commit: dict[str, dict[str, Record]] = {}
    for host, record in sorted(records.items()):
        by_commit.setdefault(record.commit, {})[host] = record
    return tuple(
        Newer(name, tuple(hosts), max(hosts.values(), key=lambda r: r.id), repository.has(name))
        for name, hosts in sorted(by_commit.items())
        if name != UNKNOWN and not repository.is_part(name)
    )


def sentence(found: Newer) -> Message:
    """Describe which hosts have which commit, who applied it and when."""
    finished = found.record.finished or found.record.started
    return Message(
        "{hosts}: commit {commit} is deployed, by {who} at {when} UTC, and the commit checked out "
        "here does not contain it",
        hosts=", ".join(found.hosts),
        commit=found.commit[:_SHORT],
        who=printable(found.record.who),
        when=finished[:16].replace("T", " "),
    )


def go_on(repository: Repository, found: Sequence[Newer], back: Return | None) -> Message | None:
    """Return the sentence for the record of an apply that goes back, None if it goes forward.

    `back` is the order to go back. Raises `Refused` if it names another commit than the one checked
    out, and if an apply would go back without an order.
    """
    head = repository.head()
    if back and (named := repository.named(back.to)) != head:
        raise Refused(
            Message(
                "--back-to names {named}, but HEAD is {head}",
                named=named[:_SHORT] or repr(back.to),
                head=head[:_SHORT],
            ),
            fix=Message(
                "check out the commit to go back to, review `hopthu plan --live`, then apply"
            ),
        )
    if not found:
        return None
    if back:
        return back.sentence(head, found)
    raise outdated(repository, found)


def outdated(repository: Repository, found: Sequence[Newer]) -> Refused:
    """Return why an apply of the commit checked out would go back."""
    return Refused(joined(map(sentence, found)), fix=_fix(repository.head(), found))


def ordered(
    repository: Repository, back: Return, found: Iterable[Newer], source: Source, on: date
) -> None:
    """Raise `Refused` unless the document of `back` can order a return on the day `on`.

    It is in the data checked out, else in that of a newer commit, as far as this clone has it.
    """
    if not back.document:
        return
    for facts in _revisions(repository, found, source, on):
        if back.document in facts.documents:
            if fault := unfit(facts, back.document):
                what, fix = fault
                raise Refused(what, fix=joined((fix, _IN_AN_EMERGENCY)))
            return
    raise Refused(
        Message(
            "there is no document {document} in the data checked out, nor in what is deployed",
            document=shown(back.document),
        ),
        fix=joined((Message("record it in data/documents.yaml"), _IN_AN_EMERGENCY)),
    )


def _revisions(
    repository: Repository, found: Iterable[Newer], source: Source, on: date
) -> Iterator[RuleContext]:
    """Yield the data checked out, then what was deployed since, as far as git can read it."""
    yield RuleContext(source, policy_of(source), on)
    for each in found:
        if each.known:
            _, whole, _ = read_at(repository, each.commit, source)
            yield RuleContext(whole, policy_of(whole), on)


def _fix(head: str, found: Iterable[Newer]) -> Message:
    if head == UNKNOWN:
        return Message("apply from a git clone that contains it")
    words = {"commit": head[:_SHORT]}
    if all(each.known for each in found):
        return Message(
            "git merge it, then plan and apply; or go back on purpose: --back-to {commit} "
            "--basis DOCUMENT",
            **words,
        )
    return Message(
        "git pull, then plan and apply; or go back on purpose: --back-to {commit} --basis DOCUMENT",
        **words,
    )


def against_records(
    repository: Repository, records: Mapping[str, Record], source: Source, on: date
) -> list[Problem]:
    """Return the problems of `source` against what hosts have on record, sorted.

    Every rule between revisions is asked of what came since the newest deployed commit. Of a host
    that has an older one, and of a commit that is not part of this checkout, whose common ancestor
    counts, only what is permanent is asked: the rest was when the newest was applied. If no record
    names a commit that git can read, what is permanent is asked of the base of the checkout. Data
    that a host has already, committed or not, is not asked again.
    """
    found: set[Problem] = set()
    deployed = {record.commit for record in records.values()} - {UNKNOWN}
    newest = repository.newest(deployed)
    same = {each.commit for each in records.values() if each.data == digest(source)}
    read = bool(same)
    for name in deployed - same:
        try:
            if name in newest:
                problems = since(repository, name, source, on).problems
                found.update(of_steps(repository, name, problems, source, on))
            elif shared := repository.shared(name):
                found.update(since(repository, shared, source, on, PERMANENT).problems)
            else:
                continue
            read = True
        except UsageError:
            continue  # git has no data of it; what the directory keeps is compared as well
    if not read and (earlier := since_base(repository, source, on, PERMANENT)):
        found.update(earlier.problems)
    return sorted(found)
