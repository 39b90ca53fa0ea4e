"""The command line: the only place that prints, reads the clock and exits."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Mapping
from gettext import gettext
from pathlib import Path
from typing import Any

import click

from hopthu.cli.language import in_language, language_in, language_of, use
from hopthu.cli.options import VERSION, group
from hopthu.errors import DataError, HopthuError, UsageError
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

COMMANDS: Mapping[str, Message] = {
    "init": Message("Create the repository of a province."),
    "check": Message("Validate the data."),
    "format": Message("Sort and tidy the data files."),
    "schema": Message("Show the fields of the data, or their JSON Schema."),
    "show": Message("Explain the state of a person, unit or address."),
    "import": Message("Review a personnel list, and bring it into the data."),
    "reconcile": Message("Compare a personnel list with the data."),
    "person": Message("Edit people: hire, transfer, lock, let go, rename."),
    "unit": Message("Edit units: create, rename, merge, split, end."),
    "address": Message("Find the free address for a name."),
    "plan": Message("Show what would change."),
    "apply": Message("Make the servers match the data."),
    "daily": Message("Apply what dates in the deployed data bring about."),
    "drift": Message("Report how the servers differ from what was last applied."),
    "history": Message("Show what is deployed where, and the runs behind it."),
    "rollback": Message("Return the servers to an earlier configuration."),
    "verify": Message("Prove with real mail that the service works."),
    "directory": Message("Export the address book."),
    "credential": Message("Issue and reset passwords; list who does not sign in."),
    "backup": Message("Show how old the copies of mail and directory are."),
    "restore": Message("Bring back mail from the copies."),
    "archive": Message("Keep the mail of closed mailboxes until its term is over."),
    "pair": Message("End a split of a store on two hosts."),
    "migrate": Message("Copy mail from an old IMAP server."),
    "codeowners": Message("Print who reviews which file."),
    "render": Message("Write the files of one host to a folder."),
    "secrets": Message("Create keys and certificates; export the authority's certificate."),
    "lab": Message("Run a throwaway data centre on this machine."),
}
"""Each command, and what it does; the module of its name is loaded only when it is used."""
_OTHERWISE = {
    "format": "format_:format_", "import": "import_:import_", "reconcile": "import_:reconcile"
}  # fmt: skip
"""The modules of others, and what the commands are called in them."""
_HELP = Message("""Keep a province's mail as reviewed text.

Edit the YAML in data/, then:

\b
  hopthu check          is it valid, and does the regulation allow it?
  hopthu plan           what would change, compared with the last commit?
  hopthu apply lab      make the change on the servers of inventory/lab.py
  hopthu verify lab     prove it with real mail

Exit codes: 0 success, 1 unexpected error, 2 invalid data or usage, 3 refused by a guard or because
a plan is stale, 4 a host failed, 5 drift.""")
_UNWRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE)
"""Errors of a device that takes no more output."""


class _LazyGroup(click.Group):
    """Loads a command when it is used, so `hopthu check` does not pay for pyinfra."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = _OTHERWISE.get(cmd_name, f"{cmd_name}:{cmd_name}").partition(":")
        command = getattr(importlib.import_module(f"hopthu.cli.{module}"), name)
        return in_language(command, language_in(ctx))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Return the command; click itself suggests only those that it has loaded."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(
                error.command_name, possibilities=COMMANDS, ctx=ctx
            ) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        language = language_in(ctx)
        with formatter.section(gettext("Commands")):
            formatter.write_dl(
                [(name, translate(text, language)) for name, text in COMMANDS.items()]
            )


@group(
    VERSION, cls=_LazyGroup, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]}
)
def cli() -> None:
    """Be the group of all commands."""


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; every expected failure ends with its sentence and its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    language = language_of(arguments, os.environ)
    try:
        return _ended(arguments, language)
    except OSError as error:
        if error.filename is not None or error.errno not in _UNWRITTEN:
            raise
        # Python would try to write what is buffered, and fail, once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno != errno.EPIPE:  # its reader has gone, as `head` does
            unwritten = HopthuError(
                Message("the output cannot be written: {reason}", reason=error.strerror),
                fix=Message("free some space there, or write it elsewhere"),
            )
            click.echo(unwritten.text(language), err=True)
        return HopthuError.exit_code


def _refuse_no_folder() -> None:
    """Raise `UsageError` if the folder that commands work in was removed meanwhile."""
    try:
        Path.cwd()
    except FileNotFoundError as error:
        what = Message("the current folder is no longer there")
        raise UsageError(what, fix=Message("change to a folder that is there")) from error


def _ended(arguments: list[str], language: str) -> Any:
    """Run a command; return its exit code, whatever it ended with."""
    use(language)
    shared: dict[str, Any] = {"language": language, "changing": False}
    try:
        _refuse_no_folder()
        run = in_language(cli, language).main
        return run(args=arguments, prog_name="hopthu", standalone_mode=False, obj=shared) or 0
    except HopthuError as error:
        click.echo(error.text(language), err=not isinstance(error, DataError))
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        again = Message("interrupted; run it again to finish what it began")
        said = again if shared["changing"] else Message("interrupted")
        click.echo(translate(said, language), err=True)
        return 130
