"""Format a centre's history for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime

import click

from hopthu.diagnostics.problem import printable
from hopthu.history.host_records import HostRecords
from hopthu.history.journal import Run
from hopthu.history.overview import Overview
from hopthu.history.record import Record, is_of_run, names
from hopthu.history.undeployed import Pending
from hopthu.i18n.catalogue import dated, translate
from hopthu.i18n.message import Message
from hopthu.model.calendar import VIETNAM

_RUNS = 10
"""Runs shown unless all are requested."""
_LINES = 10
"""Changes shown of a run, and commits shown that are not deployed."""
_RESULTS: Mapping[str, tuple[Message, str | None]] = {
    "applied": (Message("applied"), "green"),
    "returned": (Message("undone after a failure"), "red"),
    "failed": (Message("failed"), "red"),
    "rolled back": (Message("rolled back"), "yellow"),
    "untouched": (Message("untouched"), None),
    "": (Message("in progress, or cut off"), "yellow"),
}


def as_text(view: Overview, language: str = "en", *, every: bool = False) -> str:
    """Return what is deployed, what is not yet, then the newest runs, or `every` run."""
    return "".join(f"{line}\n" for line in _lines(view, language, every=every))


def _lines(view: Overview, language: str, *, every: bool) -> Iterator[str]:
    width = max(len(each.host) for each in view.hosts)
    for each in view.hosts:
        for text in _host(each):
            yield f"{each.host:{width}}  {printable(translate(text, language))}"
    for waiting in view.pending:
        yield from (printable(line) for line in _pending(waiting, language))
    shown = view.runs if every else view.runs[:_RUNS]
    for run in shown:
        yield ""
        yield from _run(run, view, language)
    for text in _after(view, len(shown)):
        yield ""
        yield translate(text, language)


def _after(view: Overview, shown: int) -> Iterator[Message]:
    """Yield the notes below the runs, or in place of them."""
    if view.error:
        yield Message("The journal cannot be read: {error}", error=view.error)
    elif not view.runs and view.asked:
        yield Message("No recorded run concerns {asked}.", asked=printable(view.asked))
    elif not view.runs:
        yield Message("No run is recorded.")
    if more := len(view.runs) - shown:
        yield Message("… and {number} earlier runs (--all shows them)", number=more)
    if view.missing:
        listed = ", ".join(view.missing)
        yield Message("The journal lacks runs that hosts have on record: {runs}", runs=listed)
    if others := [run for run in view.unrecorded if run not in view.missing]:
        listed = ", ".join(others)
        yield Message("Hosts have runs on record that the journal lacks: {runs}", runs=listed)
    for broken in view.broken:
        yield Message("The journal was tampered with: {broken}", broken=broken)
    for lost in view.forgotten:
        yield Message("The journal was changed, or comes from an older copy: {lost}", lost=lost)


def _host(each: HostRecords) -> Iterator[Message]:
    if each.error:
        yield Message("unknown: {error}", error=each.error)
        return
    if each.deployed is None:
        yield Message("nothing is deployed")
    else:
        yield Message(
            "{record}, {result}", record=_named(each.deployed), result=_state(each.deployed)
        )
    if each.applying and each.broken:
        yield Message(
            "an apply of {record} was interrupted: apply again", record=_named(each.applying)
        )
    elif each.applying:
        yield Message("an apply of {record} is in progress", record=_named(each.applying))


def _state(record: Record) -> Message:
    result = _result(record.result)
    if record.dirty:
        return Message("{result}, with uncommitted changes", result=result)
    return result


def _named(record: Record) -> Message:
    return Message(
        "{commit} of {day} by {who}",
        commit=record.commit[:7],
        day=local(record.finished or record.started),
        who=record.who,
    )


def local(moment: str) -> str:
    """Return a time of a record in Vietnam, with its offset; anything else is returned unchanged.

    Days are those of Vietnam wherever the program runs, and so are these.
    """
    try:
        there = datetime.fromisoformat(moment).astimezone(VIETNAM)
        return f"{there:%Y-%m-%d %H:%M} {there:%z}"[: -len("00")]
    except ValueError:
        return moment


def _pending(waiting: Pending, language: str) -> Iterator[str]:
    words = {"since": waiting.since[:7], "hosts": ", ".join(waiting.hosts)}
    if waiting.ahead is None:
        yield translate(
            Message("{hosts}: this clone does not have {since}: fetch it", **words), language
        )
        return
    if waiting.ahead:
        text = Message("{hosts}: commits in {since} that are not checked out here: {number}",
                    number=waiting.ahead, **words)  # fmt: skip
        yield translate(text, language)
    if waiting.commits:
        text = Message("{hosts}: commits since {since} that are not deployed: {number}",
                    number=len(waiting.commits), **words)  # fmt: skip
        yield translate(text, language)
        lines = [f"{commit[:7]} {subject}" for commit, subject in waiting.commits]
        yield from _some(lines, language)


def _run(run: Run, view: Overview, language: str) -> Iterator[str]:
    record = run.record
    text, colour = _RESULTS.get(record.result, (record.result, None))
    result = click.style(printable(translate(text, language)), fg=colour)
    commit = record.commit[:7]
    head = f"{dated(local(record.started), language)}  {commit}  {record.who}"
    yield f"{printable(head)}  {result}  {record.id}"
    if record.documents:
        yield "  " + printable(translate(_documents(record.documents), language))
    of_host = view.asked in run.hosts
    changes = record.steps if of_host else _of_interest(record.changes, view.keys)
    yield from _some([printable(translate(each, language)) for each in changes], language)
    if not of_host:
        yield from (f"  {line}" for line in _by_result(run.hosts, language))


def _of_interest(changes: Sequence[str], keys: Set[str]) -> Sequence[str]:
    """Return what concerns one of `keys`, with what is said of the run; else everything."""
    if not any(names(each, keys) for each in changes):
        return changes
    return [each for each in changes if names(each, keys) or is_of_run(each)]


def _documents(cited: Sequence[str]) -> Message:
    listed = ", ".join(cited[:_LINES])
    if more := len(cited[_LINES:]):
        return Message("documents: {listed} and {number} more", listed=listed, number=more)
    return Message("documents: {listed}", listed=listed)


def _by_result(hosts: Mapping[str, str], language: str) -> Iterator[str]:
    for result in dict.fromkeys(hosts.values()):
        listed = ", ".join(sorted(host for host, each in hosts.items() if each == result))
        yield printable(f"{translate(_result(result), language)}: {listed}")


def _result(result: str) -> Message:
    return _RESULTS[result][0] if result in _RESULTS else Message("{result}", result=result)


def _some(lines: Sequence[str], language: str) -> Iterator[str]:
    yield from (f"    {line}" for line in lines[:_LINES])
    more = len(lines) - _LINES
    if more > 0:
        yield "    " + translate(Message("… and {number} more", number=more), language)
