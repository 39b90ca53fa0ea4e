"""`hopthu format`."""

from __future__ import annotations

from hopthu.app.format import format_data, refuse_errors
from hopthu.app.workspace import Workspace
from hopthu.cli.command import command, flag
from hopthu.cli.options import WORKSPACE
from hopthu.cli.output import say
from hopthu.diagnostics.problem import printable
from hopthu.errors import DataError
from hopthu.i18n.message import Message


@command(name="format", changes=True)
def format_(
    only_check: bool = flag("--check", help="Write nothing; exit 2 if a file would change."),
    workspace: Workspace = WORKSPACE,
) -> int:
    """Sort the records of each file by id and remove superfluous blanks.

    Line ends of Windows become those of Unix, and a byte order mark is taken away.

    The content stays the same, and so do comments: one at the margin moves with the record below
    it, those at the top and the end of a file stay there. Files with errors are left alone;
    `hopthu check` reports them.
    """
    changed, source = format_data(workspace, write=not only_check)
    told = Message("would format {file}") if only_check else Message("formatted {file}")
    say(*(Message(told.template, file=printable(name)) for name in changed))
    refuse_errors(source)
    some = Message("{number} of {total} files", number=len(changed), total=len(source.files))
    say(some if changed else Message("nothing to format"))
    return DataError.exit_code if only_check and changed else 0
