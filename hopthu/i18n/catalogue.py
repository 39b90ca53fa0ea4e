"""Translation into Vietnamese by gettext's catalogue; messages are written in English.

`python -m hopthu.docs` gathers what is to be translated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations

from hopthu.i18n.compiling import compiled
from hopthu.i18n.message import Message

LANGUAGES = ("en", "vi")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(| \d{2}:\d{2}(?: [+-]\d{2})?)")
"""A day as the data and records write it, perhaps with a time."""
_NAMES = frozenset((
    *("day", "last", "start", "begun", "until", "since", "date", "basis"),
    *("asked", "decided", "due", "today", "when"),
))  # fmt: skip
"""What days are called in templates; any other value may have to be written as it stands."""


def from_environment(environment: Mapping[str, str]) -> str:
    """Return the language the locale asks for; the first variable set decides (POSIX, §8.2)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "vi" if value.partition("_")[0].partition(".")[0] == "vi" else "en"
    return "en"


@cache
def catalogue(language: str) -> NullTranslations:
    """Return gettext's catalogue of `language`; English needs none."""
    if language == "en":
        return NullTranslations()
    with compiled(language).open("rb") as file:
        return GNUTranslations(file)


def translate(text: str, language: str) -> str:
    """Return `text` in `language`; what is no sentence, such as a name, stays as it is."""
    if language == "en" or not isinstance(text, Message):
        return str(text)
    template = catalogue(language).gettext(text.template)
    if not text.values:
        return template
    values = {
        name: dated(translate(v, language), language) if name in _NAMES else translate(v, language)
        for name, v in text.values.items()
    }
    return template.format(**values)


def dated(text: str, language: str) -> str:
    """Return a day as each language writes it: 25/11/2026 in Vietnamese; other text unchanged."""
    if language == "en" or not (found := _DAY.fullmatch(text)):
        return text
    year, month, day, time = found.groups()
    return f"{day}/{month}/{year}{time}"


def plural(one: str, many: str, number: int, language: str) -> str:
    """Return the form for `number`, filled in."""
    return catalogue(language).ngettext(one, many, number).format(number=number)
