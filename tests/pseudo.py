"""A pseudo-locale: every translation is its English sentence in brackets, ⟦so⟧.

What a command prints outside brackets is not translated: it must be data, a name or a number.
Values stand outside the brackets too: `⟦{file} is not empty⟧` prints `⟦⟧a.yaml⟦ is not empty⟧`.

    python tests/pseudo.py FOLDER < COMMANDS    run hopthu with the catalogue made in FOLDER

COMMANDS is a JSON list of arguments; what each prints comes back as a JSON list. They run in one
process: to start sixty takes longer than all they do.
"""

import errno
import io
import json
import os
import re
import sys
from collections.abc import Collection
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from hopthu.docs.messages import messages
from hopthu.i18n import compiling

OPEN, CLOSE = "⟦", "⟧"
_VALUE = re.compile(r"\{[^}]*\}")
_BRACKETED = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")


CODE = re.compile(
    r"--?[a-z][\w-]*"  # options
    r"|\[[\w|-]+\]"  # choices, ids of rules
    r"|\[(?:access|address|entry|mailbox|person|policy|run|unit) [^\]]+\]"  # what a line is about
    r"|`[^`]*`"  # quoted code
    r"|'[^']*'|\"[^\"]*\""  # quoted values
    r"|\S*[/\\@=_:*<>~^]\S*"  # paths, addresses, settings, fragments of YAML
    r"|\b\w+\.[\w.]+\b|\B\.[a-z]\w*"  # files, domains
    r"|\b[A-Z]{2,}[A-Z_]*\b"  # metavariables
    r"|\b[0-9a-f]{7,40}\b"  # commits and checksums
    r"|^[+]# .*$",  # a comment of a file that is compared
    re.MULTILINE,
)
"""What stands in no sentence: options, code, paths, names of variables."""
SYSTEM = re.compile("|".join(re.escape(os.strerror(number)) for number in errno.errorcode))
"""Errors of the system, which Python has in English."""


def english(printed: str, known: Collection[str]) -> list[str]:
    """Return the words that are neither translated nor `known` names or data."""
    rest = CODE.sub(" ", SYSTEM.sub(" ", untranslated(printed)))
    return [word for word in re.findall(r"[^\W\d_]{2,}", rest) if word not in known]


def make(folder: Path) -> None:
    """Write the catalogue as that of Vietnamese, which is the language that can be asked for."""
    catalogue = Catalog(locale="vi")
    for message in messages():
        if isinstance(message, str):
            catalogue.add(message, bracketed(message))
        else:
            catalogue.add(message, [bracketed(message[1])])
    path = folder / "vi" / "LC_MESSAGES" / "hopthu.po"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=0)


def bracketed(template: str) -> str:
    """Return the template with all of it but its values in brackets."""
    opened = _VALUE.sub(lambda value: f"{CLOSE}{value[0]}{OPEN}", template)
    return f"{OPEN}{opened}{CLOSE}"


def untranslated(printed: str) -> str:
    """Return what stands outside the brackets."""
    return _BRACKETED.sub(" ", printed)


def printed(arguments: list[str]) -> str:
    """Return what hopthu prints, on both streams."""
    from hopthu.cli import main

    with redirect_stdout(io.StringIO()) as found, redirect_stderr(found):
        main(arguments)
    return found.getvalue()


if __name__ == "__main__":
    compiling.LOCALES = Path(sys.argv[1])
    json.dump([printed(arguments) for arguments in json.load(sys.stdin)], sys.stdout)
