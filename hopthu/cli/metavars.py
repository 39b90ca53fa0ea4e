"""The words that stand for values in usage and help, such as PERSON, in the language of the run."""

from __future__ import annotations

import re
from collections.abc import Mapping

import click

from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

WORDS: Mapping[str, Message] = {
    "ADDRESS": Message("ADDRESS"),
    "ARGS": Message("ARGS"),
    "COMMAND": Message("COMMAND"),
    "DATE": Message("DATE"),
    "DIR": Message("DIR"),
    "DIRECTORY": Message("DIRECTORY"),
    "DOCUMENT": Message("DOCUMENT"),
    "DOMAIN": Message("DOMAIN"),
    "FILE": Message("FILE"),
    "FOLDER": Message("FOLDER"),
    "HOST": Message("HOST"),
    "ID": Message("ID"),
    "INVENTORY": Message("INVENTORY"),
    "KIND": Message("KIND"),
    "LABEL": Message("LABEL"),
    "LAYOUT": Message("LAYOUT"),
    "MESSAGE": Message("MESSAGE"),
    "NAME": Message("NAME"),
    "NUMBER": Message("NUMBER"),
    "OPTIONS": Message("OPTIONS"),
    "PERSON": Message("PERSON"),
    "PORT": Message("PORT"),
    "REASON": Message("REASON"),
    "RECORD": Message("RECORD"),
    "REV": Message("REV"),
    "RULE": Message("RULE"),
    "SHORT": Message("SHORT"),
    "SIZE": Message("SIZE"),
    "TIME": Message("TIME"),
    "TITLE": Message("TITLE"),
    "UNIT": Message("UNIT"),
    "USER": Message("USER"),
    "WHAT": Message("WHAT"),
    "WHO": Message("WHO"),
}
"""Every word of a metavar; where a language needs two for one, a hyphen holds them together."""
_WORD = re.compile(r"[A-Z]+")


def in_words_of(metavar: str, language: str) -> str:
    """Return a metavar, such as `HOST[:PORT]`, with each of its words in `language`."""
    return _WORD.sub(lambda word: translate(WORDS.get(word[0], word[0]), language), metavar)


def metavar(param: click.Parameter, command: click.Command, language: str) -> str | None:
    """Return the metavar of a parameter in `language`; None leaves it to click.

    That of a choice is the list of its values, which are the same in every language.
    """
    if isinstance(param.type, click.Choice):
        return param.metavar
    if isinstance(param, click.Option):
        if param.is_flag or param.count:
            return param.metavar
        if param.metavar is None and isinstance(param.type, click.Path):
            # click's own name of a folder is of two words in Vietnamese.
            return in_words_of("FILE" if param.type.file_okay else "DIRECTORY", language)
    return in_words_of(param.make_metavar(click.Context(command)), language)
