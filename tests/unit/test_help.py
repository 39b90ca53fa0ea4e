"""What `--help` prints on a terminal of 80 columns, of every command and subcommand."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from functools import cache

import pytest

from alarms import commands
from hopthu.cli import COMMANDS
from hopthu.cli.language import WORDS
from hopthu.i18n.catalogue import LANGUAGES, translate

WIDTH = 80


# In a program of its own: to load `apply` patches sockets and threads of whoever loads it.
_GATHER = """
import json, sys, click
from hopthu.cli import cli
from hopthu.cli.language import in_language, use

def gather(command, above=None):
    name, shared = command.name or "hopthu", {"language": language}
    context = click.Context(command, info_name=name, parent=above, obj=shared)
    context.terminal_width = 78  # what click takes of a terminal of 80 columns
    options = [p.help or "" for p in command.params if isinstance(p, click.Option)]
    texts = [part for part in (command.help or "").split(chr(10) * 2) if part]
    found[context.command_path] = [context.get_help(), texts + options]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            gather(command.get_command(context, name), context)

language, found = sys.argv[1], {}
use(language)
gather(in_language(cli, language))
print(json.dumps(found))
"""


@cache
def gathered(language: str = "en") -> dict[str, tuple[str, list[str]]]:
    """Return of each command what its help is at 80 columns, and the texts in it."""
    done = subprocess.run(
        [sys.executable, "-c", _GATHER, language], check=True, capture_output=True, text=True
    )
    return dict(json.loads(done.stdout))


EDITS = (
    *(f"person {name}" for name in ("add", "category", "leave", "lock", "quota", "rename")),
    *(f"person {name}" for name in ("transfer", "unlock")),
    *(
        f"unit {name}"
        for name in (
            "add",
            "delegate",
            "dissolve",
            "head",
            "merge",
            "rename",
            "split",
            "address",
            "move",
            "quota",
            "regulation",
        )
    ),
)
NAMES = ["cli", *(f"cli {name}" for name in COMMANDS),
         *(f"cli lab {name}" for name in ("down", "ssh", "status", "up")),
         *(f"cli credential {name}" for name in ("client", "idle", "issue", "reset", "revoke")),
         "cli directory export", "cli backup drill", "cli backup status",
         *(f"cli restore {name}"
           for name in ("directory", "folder", "mailbox", "message", "store")),
         *(f"cli archive {name}" for name in ("export", "run", "show")),
         "cli pair discard",
         *(f"cli secrets {name}" for name in ("ca", "create", "sheet")),
         *(f"cli {name}" for name in EDITS)]  # fmt: skip
EACH = pytest.mark.parametrize("name", NAMES)


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


def test_every_command_is_looked_at() -> None:
    """A new one has to be named here."""
    assert set(NAMES) == gathered().keys()


@pytest.mark.slow
@EACH
@pytest.mark.parametrize("language", LANGUAGES)
def test_help_fits_a_terminal(name: str, language: str) -> None:
    """No line is cut or longer than the terminal is wide."""
    said, _ = gathered(language)[name]
    assert "\\b" not in said
    assert WIDTH >= max(map(len, said.splitlines()))
    assert not re.search(r"\w\.\.\.$", said, re.MULTILINE), said


@EACH
def test_help_is_written_in_sentences(name: str) -> None:
    """Commands and options alike: with a capital and a full stop."""
    _, texts = gathered()[name]
    assert texts
    for text in texts:
        plain = re.sub(r"  \[default: .+\]\Z", "", text.strip())
        if "\b" not in plain and not plain.endswith(":"):
            assert re.match(r"[A-Z]", plain), plain
            assert plain.endswith("."), plain


ENGLISH = (
    *(
        "Usage",
        "Options",
        "Commands",
        "Positional",
        "Show",
        "Try",
        "required",
        "default",
        "env var",
    ),
    *("dynamic", "or", "TEXT", "INTEGER", "RANGE", "FLOAT", "PATH", "FILENAME", "DIRECTORY"),
)
"""What click says of itself in English."""


@pytest.mark.slow
def test_nothing_is_english_in_vietnamese_help() -> None:
    """Neither what click writes around options, nor the words that stand for values."""
    words = re.compile(rf"\b(?:{'|'.join((*ENGLISH, *WORDS))})\b")
    left = {name: words.findall(said) for name, (said, _) in gathered("vi").items()}
    assert {} == {name: sorted(set(found)) for name, found in left.items() if found}


def test_every_word_for_a_value_is_translated() -> None:
    """A new one has to be listed, for the help in Vietnamese to have a word for it."""
    said = "\n".join(said for said, _ in gathered().values())
    usage = re.findall(r"^Usage: .*|^  -.*?(?=  |$)", said, re.MULTILINE)
    used = {word for line in usage for word in re.findall(r"\b[A-Z]{2,}\b", line)}
    assert set(WORDS) - {"DIRECTORY"} <= used <= set(WORDS)
    for word, message in WORDS.items():
        assert translate(message, "vi") != word
        assert " " not in translate(message, "vi")


def test_summaries_are_imperative_sentences() -> None:
    """In the list of commands: a verb with a capital, a full stop, one line each."""
    for name, summary in COMMANDS.items():
        assert WIDTH >= 14 + len(translate(summary, "vi"))
        assert re.fullmatch(r"[A-Z][a-z]+ [^.]+\.", summary), name
        assert WIDTH >= len(name.ljust(14)) + len(summary), name


def test_what_runbooks_tell_of_hopthu_exists() -> None:
    """Command and options; of other programs and of units a lab test says so."""
    known = gathered()
    (top,) = (each for each in known if " " not in each)
    told = [words[1:] for words in commands() if words[0] == "hopthu"]
    assert told
    for words in told:
        begins = [" ".join((top, *words[: n + 1])) for n in range(len(words))]
        command = [each for each in begins if each in known][-1:]
        assert command, words
        text, _ = known[command[0]]
        assert [word for word in words if word[:2] == "--" and word not in text] == [], words
