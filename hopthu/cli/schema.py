"""`hopthu schema`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from hopthu.app.writing import replace_file
from hopthu.cli.options import formats, lang
from hopthu.cli.output import say
from hopthu.diagnostics.problem import printable
from hopthu.errors import DataError, UsageError
from hopthu.i18n.message import Message
from hopthu.schema.json_schema import files, json_schema
from hopthu.schema.modeline import with_modelines
from hopthu.schema.overview import fields, overview
from hopthu.source.files import KINDS
from hopthu.validate import regulation_of


@click.command()
@click.argument("kind", required=False, type=click.Choice(KINDS))
@formats(
    "text",
    "json-schema",
    help="Text for people, json-schema (draft 7) for editors and other tools.",
)
@click.option(
    "--write",
    is_flag=True,
    help="Write schemas/json/, and the line that names a schema to data files without one.",
)
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit 2 if a file would change."
)
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True),
    default=".",
    help="The repository whose policy says which regulation is cited, and that --write and --check "
    "look at.  [default: .]",
)
@lang
def schema(
    kind: str | None, form: str, write: bool, only_check: bool, root: Path, language: str
) -> int:
    """Show which fields a kind of record has, and what each means.

    KIND is the name of a data file: policy, units, people and so on. Without KIND the kinds are
    listed.

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
        return _files(root, only_check, language)
    if form == "json-schema":
        if kind is None:
            raise UsageError(
                Message("a JSON Schema describes one kind of file"),
                fix=Message("name one of: {names}", names=", ".join(KINDS)),
            )
        click.echo(json.dumps(json_schema(kind, regulation_of(root)), ensure_ascii=False, indent=2))
    else:
        click.echo(
            fields(kind, language, regulation_of(root)) if kind else overview(language), nl=False
        )
    return 0


def _files(root: Path, only_check: bool, language: str) -> int:
    """Write what is missing or stale; say which files, and return the exit code."""
    should = {name: text.encode() for name, text in files(regulation_of(root)).items()}
    should |= with_modelines(root)
    changed = 0
    for name, content in should.items():
        path = root / name
        if path.is_file() and path.read_bytes() == content:
            continue
        changed += 1
        if not only_check:
            replace_file(path, content)
        done = Message("wrote {file}", file=printable(name))
        due = Message("would write {file}", file=printable(name))
        say(due if only_check else done, language)
    if not changed:
        say(Message("nothing to write"), language)
    return DataError.exit_code if only_check and changed else 0
