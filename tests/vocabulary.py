"""Find words in user-facing text that the glossary says not to use.

Code is not looked at: code spans and blocks, comments, addresses of links, and the names of values
that a message fills in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from hopthu.docs.glossary import glossary
from hopthu.i18n.vietnamese import same

Language = Literal["en", "vi"]
_CODE = re.compile(
    r"^(?P<fence>`{3,}).*?^(?P=fence)|`[^`]*`|<!--.*?-->|\]\([^)]*\)|\{\w+\}|https?://\S+",
    re.DOTALL | re.MULTILINE,
)
_ENDINGS = r"(?:s|es|d|ed|ing)?"
"""What an English word may end in and still be the word that is looked for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A word that is not to be used, and the term to use in its place."""

    found: str
    use: str


def findings(text: str, language: Language) -> Iterator[Finding]:
    """Yield the words in `text` that the glossary says not to use in `language`.

    A word that is part of a longer term of the glossary there does not count: `chứng thư` is
    avoided, `chứng thư số` is the term.
    """
    prose = " ".join(same(_CODE.sub(" ", text)).lower().split())
    terms = _terms(language)
    for avoided, use in _avoided(language).items():
        if avoided not in prose:
            continue
        longer = [term for term in terms if avoided in term and avoided != term]
        rest = prose
        for term in longer:
            rest = rest.replace(term, " ")
        ending = _ENDINGS if language == "en" else ""
        if re.search(rf"(?<!\w){re.escape(avoided)}{ending}(?!\w)", rest):
            yield Finding(avoided, use)


@cache
def _avoided(language: Language) -> Mapping[str, str]:
    """Return each word not to use in `language`, with the one to use."""
    found: dict[str, str] = {}
    for each in glossary().concepts:
        words, use = (
            (each.avoid, each.term)
            if language == "en"
            else (each.avoid_vietnamese, each.vietnamese)
        )
        found |= {same(word).lower(): use for word in words}
    for word in glossary().words:
        avoided, use = (
            (word.avoid, word.use)
            if language == "en"
            else (word.avoid_vietnamese, word.use_vietnamese)
        )
        if avoided:
            found[same(avoided).lower()] = use
    return found


@cache
def _terms(language: Language) -> tuple[str, ...]:
    concepts = glossary().concepts
    return tuple(
        same(each.term if language == "en" else each.vietnamese).lower() for each in concepts
    )
