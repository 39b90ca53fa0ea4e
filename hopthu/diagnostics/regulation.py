"""The regulation of a province, and how its articles are cited."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message

_SIGN = "Art. "
CITATION = r"Art\. [0-9]{1,3}(\.[0-9]{1,2}(\.[a-zđ])?)?(, [0-9]{1,3}(\.[0-9]{1,2}(\.[a-zđ])?)?)*"
"""One article or several, each with a clause and a point if need be: `Art. 5.1, 6.5.a`."""
_CITATION = re.compile(CITATION)


@dataclass(frozen=True, slots=True)
class Regulation:
    """A province's own regulation on official mail; everything that cites an article asks it.

    `articles` says for an article of Decision 824/2005/QĐ-UB, which rules, fields and probes name
    (`hopthu.model.articles`), which of its own a province cites instead. Where it says nothing, the
    operator's rules are cited.
    """

    title: str = ""
    number: str = ""
    issuer: str = ""
    articles: Mapping[str, str] = field(default_factory=dict)

    def name(self) -> Message:
        """Return what the regulation is called."""
        parts = [each for each in (self.title, self.number, self.issuer) if each]
        return joined(parts, ", ") if parts else Message("the operator's rules")

    def short_name(self) -> str:
        """Return its number, which says enough where there is little room, else its name."""
        return self.number or self.name()

    def cite(self, articles: str) -> Message:
        """Return how `articles`, one (`Art. 4`) or several (`Art. 5.1, 6.5`), are cited here."""
        own = [self.articles.get(each, "") for each in _each(articles)]
        if not all(own):
            return Message("the operator's rules")
        cited = dict.fromkeys(each for some in own for each in _each(some))
        return joined(map(_article, cited), ", ")

    def cite_in(self, text: str) -> str:
        """Return an English text with every article in it as it is cited here."""
        return _CITATION.sub(lambda found: self.cite(found[0]), text)


def _each(articles: str) -> list[str]:
    return [f"{_SIGN}{number}" for number in articles.removeprefix(_SIGN).split(", ")]


def _article(name: str) -> Message:
    """Return an article in its written form: `Art. 5.1` is `khoản 1 Điều 5` in Vietnamese."""
    number, clause, point = [*name.removeprefix(_SIGN).split("."), "", ""][:3]
    if point:
        return Message("Art. {number}.{clause}.{point}", number=number, clause=clause, point=point)
    if clause:
        return Message("Art. {number}.{clause}", number=number, clause=clause)
    return Message("Art. {number}", number=number)
