"""The language of a whole run: of help, of click's own sentences, and of errors."""

from __future__ import annotations

import copy
import gettext
import inspect
import os
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import click

from hopthu.i18n import compiling
from hopthu.i18n.catalogue import LANGUAGES, catalogue, from_environment, translate
from hopthu.i18n.message import Message

_OPTION = "--lang"
WORDS = {str(word): word for word in (
    Message("ADDRESS"), Message("ARGS"), Message("COMMAND"), Message("DATE"), Message("DIR"),
    Message("DIRECTORY"), Message("DOCUMENT"), Message("DOMAIN"), Message("FILE"),
    Message("FOLDER"), Message("HOST"), Message("ID"), Message("INVENTORY"), Message("KIND"),
    Message("LABEL"), Message("LAYOUT"), Message("MESSAGE"), Message("NAME"), Message("NUMBER"),
    Message("OPTIONS"), Message("PERSON"), Message("PORT"), Message("REASON"), Message("RECORD"),
    Message("REV"), Message("RULE"), Message("SHORT"), Message("SIZE"), Message("STORE"),
    Message("TIME"), Message("TITLE"), Message("UNIT"), Message("USER"), Message("WHAT"),
    Message("WHO"),
)}  # fmt: skip
"""Every word of a metavar; where a language needs two for one, a hyphen holds them together."""
_WORD = re.compile(r"[A-Z]+")


def language_of(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the language `--lang` names, else that of the locale.

    It is looked for before click parses the arguments, because `--help` and errors in the
    arguments are printed in it; click itself refuses a language that is not known.
    """
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    for option, value in pairwise([*options, ""]):
        name, _, attached = option.partition("=")
        if name == _OPTION and (attached or value) in LANGUAGES:
            return attached or value
    return from_environment(environment)


def language_in(context: click.Context | None = None) -> str:
    """Return the language of the run that `context` belongs to, of this one if it is None."""
    context = context or click.get_current_context()
    return str(context.ensure_object(dict).get("language") or from_environment(os.environ))


def use(language: str) -> None:
    """Make click's own sentences, which it takes from gettext, come in `language`."""
    catalogue(language)  # compiled now, if that is due
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain("hopthu", str(compiling.LOCALES))
    gettext.textdomain("hopthu")


def in_language(command: click.Command, language: str) -> click.Command:
    """Return a copy of `command` whose help, and that of its options, is in `language`."""
    translated = copy.copy(command)
    translated.help = _text(command.help, language)
    translated.short_help = _text(command.short_help, language)
    if command.options_metavar:
        translated.options_metavar = _in_words_of(command.options_metavar, language)
    translated.params = [copy.copy(param) for param in command.params]
    for param in translated.params:
        param.metavar = _metavar(param, command, language)
        if isinstance(param, click.Option):
            param.help = _text(param.help, language)
        if isinstance(param.type, click.Path):
            kind = copy.copy(param.type)
            kind.name = catalogue(language).gettext(_of_path(kind))
            param.type = kind
    if isinstance(translated, click.Group):
        translated.subcommand_metavar = _in_words_of(translated.subcommand_metavar, language)
        commands = translated.commands.items()
        translated.commands = {name: in_language(each, language) for name, each in commands}
    return translated


def _in_words_of(metavar: str, language: str) -> str:
    """Return a metavar, such as `HOST[:PORT]`, with each of its words in `language`."""
    return _WORD.sub(lambda word: translate(WORDS.get(word[0], word[0]), language), metavar)


def _metavar(param: click.Parameter, command: click.Command, language: str) -> str | None:
    """Return the metavar of a parameter in `language`; None leaves it to click.

    That of a choice is the list of its values, which are the same in every language.
    """
    if isinstance(param.type, click.Choice) or getattr(param, "is_flag", False):
        return param.metavar
    if isinstance(param.type, click.Path) and isinstance(param, click.Option):
        # click's own name of a folder is of two words in Vietnamese.
        file_or_folder = "FILE" if param.type.file_okay else "DIRECTORY"
        return _in_words_of(param.metavar or file_or_folder, language)
    return _in_words_of(param.make_metavar(click.Context(command)), language)


def _of_path(kind: click.Path[Any]) -> str:
    """Return what click calls a path, in whichever language that was when it was declared."""
    return "path" if kind.file_okay == kind.dir_okay else "file" if kind.file_okay else "directory"


def _text(text: str | None, language: str) -> str | None:
    """Return a text of click in `language`: a sentence made of others, or one as it stands."""
    if isinstance(text, Message):
        return translate(text, language)
    return catalogue(language).gettext(inspect.cleandoc(text)) if text else text
