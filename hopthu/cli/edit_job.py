"""What every edit command does: read the data, judge the edit, show it, ask, write it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import wraps
from typing import Any

import click

from hopthu.app.edit import Proposal, facts_of
from hopthu.app.workspace import Workspace
from hopthu.cli.command import Function, Together, command, flag
from hopthu.cli.fields import Field
from hopthu.cli.options import OF_WORKSPACE, WORKSPACE
from hopthu.cli.output import agreed, cancelled, coloured, note, put, refuse_unasked, say
from hopthu.diagnostics.problem import as_text
from hopthu.editing.draft import Draft
from hopthu.editing.file_edit import split
from hopthu.editing.people import next_post
from hopthu.errors import DataError
from hopthu.i18n.message import Message

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


class Job:
    """An edit: the data as it is, the draft, and how it is to be shown and written."""

    def __init__(self, workspace: Workspace, *, yes: bool, dry_run: bool) -> None:
        """Read the data.

        Raises `DataError` if its files cannot be read, `Refused` if nobody could be asked.
        """
        refuse_unasked(asked=yes or dry_run)
        self._workspace, self.on = workspace, workspace.on
        self.facts = facts_of(workspace)
        self.draft = Draft(self.facts)
        self._yes, self._dry_run = yes, dry_run

    def remark_next_post(self, person: str, start: date) -> None:
        """Print on which day the next post ends a new main one, if that is planned."""
        if row := next_post(self.facts, person, start):
            note(Message("{person} is in {unit} from {day} on: the new post ends then",
                         person=person, unit=row.unit, day=row.start))  # fmt: skip

    def finish(self) -> int:
        """Judge the edit, show it, ask, and write all files or none; return the exit code."""
        proposal = Proposal(self._workspace, self.draft)
        if not proposal.edits:
            say(Message("Nothing is to be added or changed."))
            return 0
        self._show(proposal)
        code = DataError.exit_code if proposal.errors else 0
        if self._dry_run or (self._yes and code):
            return code
        question = Message("Write it?")
        if code:
            question = Message("`hopthu check` will find these errors. Write it all the same?")
        if not (self._yes or agreed(question)):
            return cancelled()
        proposal.write()
        say(Message("written: {files}", files=", ".join(proposal.contents)))
        note(Message("`hopthu plan` shows what it changes"))
        return code

    def _show(self, proposal: Proposal) -> None:
        for line in split(proposal.diff):
            colour = None if line.startswith(("+++", "---")) else _COLOURS.get(line[0])
            put(click.style(line, fg=colour) if colour else line)
        if problems := proposal.news:
            unwritten = Message("Nothing was written.")
            outcome = unwritten if self._yes or self._dry_run else None
            cited = self.facts.policy.regulation
            text = as_text(problems, self._workspace.language, regulation=cited, outcome=outcome)
            click.echo(coloured(text), nl=False, err=self._dry_run)


JOB: Any = Together(
    {
        "yes": flag(help="Write without asking, unless `hopthu check` would find errors."),
        "dry_run": flag(help="Print the diff; write nothing. Exit 2 if there are errors."),
        **OF_WORKSPACE,
    },
    lambda given: Job(WORKSPACE.value_of(given), yes=given["yes"], dry_run=given["dry_run"]),
)


def edit(group: click.Group, *, short_help: str) -> Callable[[Function], click.Command]:
    """Make a command of a function that drafts an edit with its `job`; the job then finishes it."""

    def made(function: Function) -> click.Command:
        @wraps(function)
        def run(job: Job, **given: Any) -> int:
            facts = {
                name: replace(each, facts=job.facts) if isinstance(each, Field) else each
                for name, each in given.items()
            }
            function(job=job, **facts)
            return job.finish()

        return command(group, short_help=short_help)(run)

    return made
