"""What `--help` prints on a terminal of 80 columns, of every command and subcommand."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator

import click
import pytest

from hopthu.cli import COMMANDS, cli

WIDTH = 80


def contexts(command: click.Command, above: click.Context | None = None) -> Iterator[click.Context]:
    """Yield a context for a command and for each one below it."""
    context = click.Context(command, info_name=command.name or "hopthu", parent=above)
    context.terminal_width = min(WIDTH, 80) - 2  # what click takes of a terminal this wide
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from contexts(below, context)


CONTEXTS = list(contexts(cli))
EACH = pytest.mark.parametrize("context", CONTEXTS, ids=[c.command_path for c in CONTEXTS])


def on_a_terminal(*arguments: str) -> str:
    """Return what hopthu prints on a pseudo-terminal of 80 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, WIDTH, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
    with subprocess.Popen(
        [sys.executable, "-m", "hopthu", *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
    ) as program:  # fmt: skip
        said = b""
        while select.select([ours], [], [], 0.05)[0] or program.poll() is None:
            if select.select([ours], [], [], 0)[0]:
                said += os.read(ours, 4096)
    os.close(theirs)
    os.close(ours)
    assert 0 == program.returncode
    return said.decode().replace("\r\n", "\n")


def test_the_first_page_keeps_its_example_on_a_terminal() -> None:
    """Each command of the example on a line of its own; no sign of how that was asked for."""
    said = on_a_terminal("--help")
    assert "\\b" not in said
    assert WIDTH >= max(map(len, said.splitlines()))
    for line in ("hopthu check ", "hopthu plan ", "hopthu apply lab ", "hopthu verify lab "):
        assert re.search(rf"^ +{line}", said, re.MULTILINE), said


@EACH
def test_help_fits_a_terminal(context: click.Context) -> None:
    """No line is cut or longer than the terminal is wide."""
    said = context.get_help()
    assert "\\b" not in said
    assert WIDTH >= max(map(len, said.splitlines()))
    assert not re.search(r"\w\.\.\.$", said, re.MULTILINE), said


@EACH
def test_help_is_written_in_sentences(context: click.Context) -> None:
    """Commands and options alike: with a capital and a full stop."""
    texts = [paragraph for paragraph in (context.command.help or "").split("\n\n") if paragraph]
    texts += [option.help or "" for option in context.command.params
              if isinstance(option, click.Option)]  # fmt: skip
    assert texts
    for text in texts:
        plain = re.sub(r"  \[default: .+\]\Z", "", text.strip())
        if "\b" not in plain and not plain.endswith(":"):
            assert re.match(r"[A-Z]", plain), (context.command_path, plain)
            assert plain.endswith("."), (context.command_path, plain)


def test_summaries_are_imperative_sentences() -> None:
    """In the list of commands: a verb with a capital, a full stop, one line each."""
    for name, (_, summary) in COMMANDS.items():
        assert re.fullmatch(r"[A-Z][a-z]+ [^.]+\.", summary), name
        assert WIDTH >= len(name.ljust(14)) + len(summary), name
