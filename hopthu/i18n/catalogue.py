"""The language problems are told in: English, or Vietnamese by gettext's catalogue.

`python -m hopthu.docs.messages` gathers what is to be translated and compiles the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from hopthu.i18n.message import Message

LANGUAGES = ("en", "vi")
LOCALES = Path(__file__).parents[1] / "locale"
_ARTICLE = re.compile(r"Art\. (\d+)(?:\.(\d+))?")


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
    path = LOCALES / language / "LC_MESSAGES" / "hopthu.mo"
    with path.open("rb") as file:
        return GNUTranslations(file)


def translate(text: str, language: str) -> str:
    """Return `text` in `language`; what is no sentence, such as a name, stays as it is."""
    if language == "en" or not isinstance(text, Message):
        return str(text)
    template = catalogue(language).gettext(text.template)
    if not text.values:
        return template
    return template.format(**{name: translate(v, language) for name, v in text.values.items()})


def cited(name: str) -> Message:
    """Return an article as each language cites it: `Art. 5.1` is `khoản 1 Điều 5` in Vietnamese."""
    number, _, clause = name.removeprefix("Art. ").partition(".")
    if clause:
        return Message("Art. {number}.{clause}", number=number, clause=clause)
    return Message("Art. {number}", number=number)


def article(name: str, language: str) -> str:
    """Return how an article is cited in a language; what is none stays as it is."""
    return translate(cited(name), language) if _ARTICLE.fullmatch(name) else name


def plural(one: str, many: str, number: int, language: str) -> str:
    """Return the form for `number`, filled in."""
    return catalogue(language).ngettext(one, many, number).format(number=number)
