"""`hopthu schema`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from hopthu.app.schema import stale
from hopthu.cli.command import argument, command, flag
from hopthu.cli.options import LANG, ROOT, formats
from hopthu.cli.output import put, say
from hopthu.diagnostics.problem import printable
from hopthu.errors import DataError, UsageError
from hopthu.i18n.message import Message
from hopthu.schema.json_schema import json_schema
from hopthu.schema.overview import fields, overview
from hopthu.source.files import KINDS
from hopthu.validate import regulation_of


@command()
def schema(
    kind: str | None = argument(required=False, type=click.Choice(KINDS)),
    form: str = formats(
        "text",
        "json-schema",
        help="Text for people, json-schema (draft 7) for editors and other tools.",
    ),
    write: bool = flag(
        help="Write schemas/json/, and the line that names a schema to data files without one."
    ),
    only_check: bool = flag("--check", help="Write nothing; exit 2 if a file would change."),
    root: Path = ROOT,
    language: str = LANG,
) -> int:
    """Show which fields a kind of record has, and what each means.

    KIND is the name of a data file: policy, units, people and so on. Without KIND the kinds are
    listed. The policy of --root says which regulation is cited.

    With --write, editors with yaml-language-server (VS Code, Neovim, Emacs, Helix) check and
    complete the data while it is typed: the first line of each data file tells them its schema.
    Run it again after an update of hopthu.
    """
    if write or only_check:
        if kind or form != "text":
            raise UsageError(
                Message("--write and --check are about every kind"),
                fix=Message("leave KIND and --format out"),
            )
        changed = stale(root, write=not only_check)
        told = Message("would write {file}") if only_check else Message("wrote {file}")
        say(*(Message(told.template, file=printable(name)) for name in changed))
        if not changed:
            say(Message("nothing to write"))
        return DataError.exit_code if only_check and changed else 0
    if form == "json-schema":
        if kind is None:
            raise UsageError(
                Message("a JSON Schema describes one kind of file"),
                fix=Message("name one of: {names}", names=", ".join(KINDS)),
            )
        click.echo(json.dumps(json_schema(kind, regulation_of(root)), ensure_ascii=False, indent=2))
    else:
        put(fields(kind, language, regulation_of(root)) if kind else overview(language))
    return 0
