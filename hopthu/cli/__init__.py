"""The command line: the only place that prints, reads the clock and exits."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from hopthu.cli.colour import coloured
from hopthu.diagnostics.problem import as_text
from hopthu.errors import DataError, HopthuError
from hopthu.i18n.catalogue import from_environment, translate
from hopthu.i18n.message import Message

COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("hopthu.cli.init:init", "Create the repository of a province."),
    "check": ("hopthu.cli.check:check", "Validate the data."),
    "format": ("hopthu.cli.format:format_", "Sort and tidy the data files."),
    "show": ("hopthu.cli.show:show", "Explain the state of a person, unit or address."),
    "address": ("hopthu.cli.address:address", "Find the free address for a name."),
    "plan": ("hopthu.cli.plan:plan", "Show what would change."),
    "apply": ("hopthu.cli.apply:apply", "Make the servers match the data."),
    "drift": (
        "hopthu.cli.drift:drift",
        "Report how the servers differ from what was last applied.",
    ),
    "history": (
        "hopthu.cli.history:history",
        "Show what is deployed where, and the runs behind it.",
    ),
    "rollback": ("hopthu.cli.rollback:rollback", "Return the servers to an earlier configuration."),
    "verify": ("hopthu.cli.verify:verify", "Prove with real mail that the service works."),
    "codeowners": ("hopthu.cli.codeowners:codeowners", "Print who reviews which file."),
    "render": ("hopthu.cli.render:render", "Write the files of one host to a folder."),
    "secrets": ("hopthu.cli.secrets:secrets", "Create the keys and certificates a centre lacks."),
    "lab": ("hopthu.cli.lab:lab", "Run a throwaway data centre on this machine."),
}
"""Each command, where it is, and what it does; loaded only when asked for."""
_CHANGING = {"apply", "format", "lab down", "lab up", "render", "rollback", "secrets"}
"""The commands that leave something half done where they are interrupted."""
_HELP = """Keep a province's mail as reviewed text.

Edit the YAML in data/, then:

\b
  hopthu check          is it valid, and does the regulation allow it?
  hopthu plan           what would change, compared with the last commit?
  hopthu apply lab      do it, on the servers of inventory/lab.py
  hopthu verify lab     prove it with real mail

Exit codes: 0 success, 1 unexpected error, 2 invalid data or usage, 3 refused by a guard or because
a plan is stale, 4 a host failed, 5 drift.
"""


_UNWRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE)
"""What keeps a device from taking what is written to it."""


class _LazyGroup(click.Group):
    """Loads a command when it is used, so `hopthu check` does not pay for pyinfra."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{attribute} is not a command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Note which command it is, for what is said when it is interrupted."""
        name, command, rest = super().resolve_command(ctx, args)
        called = " ".join([name or "", *rest[:1]]) if isinstance(command, click.Group) else name
        ctx.ensure_object(dict)["changing"] = called in _CHANGING and "--dry-run" not in rest
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _version(context: click.Context) -> None:
    from hopthu.tool.version import tool  # noqa: PLC0415  (asks git in a checkout)

    click.echo(f"hopthu {tool()}")
    context.exit()


@click.group(cls=_LazyGroup, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda context, _param, asked: _version(context) if asked else None,
    help="Show the version, and the commit it was built from.",
)
def cli() -> None:
    """Be the group of all commands."""


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; every expected failure ends with its sentence and its exit code."""
    try:
        return _ended(arguments)
    except OSError as error:
        if error.filename is not None or error.errno not in _UNWRITTEN:
            raise
        # What is still held back would be tried, and complained of, once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno != errno.EPIPE:  # whoever read it has gone, as `head` does
            fix = "make room there, or write it elsewhere"
            click.echo(
                f"error: the output cannot be written: {error.strerror}\n  fix: {fix}", err=True
            )
        return HopthuError.exit_code


def _ended(arguments: list[str] | None) -> Any:
    """Run a command; return its exit code, whatever it ended with."""
    # Until a command has read its `--lang`, and is known to change something.
    asked: dict[str, Any] = {"language": from_environment(os.environ), "changing": False}
    try:
        return cli.main(args=arguments, standalone_mode=False, obj=asked) or 0
    except DataError as error:
        click.echo(coloured(as_text(error.problems, asked["language"])), nl=False)
        return error.exit_code
    except HopthuError as error:
        click.echo(_sentence(error, asked["language"]), err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        again = "; run it again to finish what it began" if asked["changing"] else ""
        click.echo(f"interrupted{again}", err=True)
        return 130


def _sentence(error: HopthuError, language: str) -> str:
    """Return what an error says, in `language` where it can be said in it."""
    if not isinstance(error.what, Message):
        return f"error: {error}"
    fix = (
        f"\n  {translate(Message('fix'), language)}: {translate(error.fix, language)}"
        if error.fix
        else ""
    )
    return f"{translate(Message('error'), language)}: {translate(error.what, language)}{fix}"


def run() -> None:
    """Be the `hopthu` program."""
    sys.exit(main())
