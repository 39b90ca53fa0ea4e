"""`hopthu format`."""

from __future__ import annotations

import click

from hopthu.app.workspace import Workspace
from hopthu.app.writing import replace_file
from hopthu.cli.options import common
from hopthu.cli.output import say
from hopthu.diagnostics.problem import printable
from hopthu.errors import DataError
from hopthu.i18n.message import Message
from hopthu.load import load
from hopthu.source.formatter import layouts, tidied
from hopthu.source.positions import no_garbage_collection
from hopthu.validate import policy_of


@click.command("format")
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit 2 if a file would change."
)
@common
def format_(workspace: Workspace, only_check: bool) -> int:
    """Sort the records of each file by id and remove superfluous blanks.

    Line ends of Windows become those of Unix, and a byte order mark is taken away.

    The content stays the same, and so do comments: one at the margin moves with the record below
    it, those at the top and the end of a file stay there. Files with errors are left alone;
    `hopthu check` reports them.
    """
    with no_garbage_collection():
        source = load(workspace.root)
        changed = 0
        for layout in layouts(source):
            should = tidied(layout)
            if should != source.files[layout.name]:
                changed += 1
                if not only_check:
                    replace_file(workspace.root / layout.name, should)
                done = Message("formatted {file}", file=printable(layout.name))
                due = Message("would format {file}", file=printable(layout.name))
                say(due if only_check else done, workspace.language)
    errors = [problem for problem in source.problems if problem.severity == "error"]
    if errors:
        raise DataError(errors, policy_of(source).regulation)
    total = len(source.files)
    some = Message("{number} of {total} files", number=changed, total=total)
    say(some if changed else Message("nothing to format"), workspace.language)
    return DataError.exit_code if only_check and changed else 0
