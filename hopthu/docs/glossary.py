"""docs/glossary.md: one word for each concept, in English and Vietnamese.

Made from glossary.yaml beside this file; `python -m hopthu.docs` writes it, and a test
fails while it is not current. `tests/vocabulary.py` looks for the words not to use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from hopthu.model.fields import made

PAGE = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"
_SOURCE = Path(__file__).with_name("glossary.yaml")

_HEAD = """\
# Glossary

<!-- Made by `python -m hopthu.docs` from hopthu/docs/glossary.yaml; edit that. -->

One word for each concept, in messages, help and documents, English and Vietnamese. A test looks for
the words in the last column.
"""


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept: its term and meaning in both languages, and names of it that are not used."""

    term: str
    vietnamese: str
    meaning: str
    meaning_vietnamese: str
    avoid: tuple[str, ...] = ()
    avoid_vietnamese: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """An ordinary word that is not used, and what to write instead; of one of both languages."""

    avoid: str = ""
    use: str = ""
    avoid_vietnamese: str = ""
    use_vietnamese: str = ""


@dataclass(frozen=True, slots=True)
class Glossary:
    """All concepts, sorted by their English terms, and the ordinary words not to use."""

    concepts: tuple[Concept, ...]
    words: tuple[Word, ...]


@cache
def glossary() -> Glossary:
    """Return the glossary as glossary.yaml has it."""
    data: dict[str, list[dict[str, Any]]] = yaml.safe_load(_SOURCE.read_text(encoding="utf-8"))
    concepts = (made(Concept, row) for row in data["concepts"])
    words = (made(Word, row) for row in data["words"])
    return Glossary(tuple(sorted(concepts, key=lambda concept: concept.term)), tuple(words))


def files() -> dict[Path, str]:
    """Return what is made here, by path."""
    return {PAGE: page()}


def page() -> str:
    """Return the page as it should stand in docs/."""
    return "\n".join([_HEAD, *_concepts(), "", *_words()]) + "\n"


def _concepts() -> Iterator[str]:
    yield "| term | tiếng Việt | meaning | nghĩa | not |"
    yield "|---|---|---|---|---|"
    for each in glossary().concepts:
        avoided = ", ".join((*each.avoid, *each.avoid_vietnamese))
        meanings = f"{each.meaning} | {each.meaning_vietnamese}"
        yield f"| {each.term} | {each.vietnamese} | {meanings} | {avoided} |"


def _words() -> Iterator[str]:
    yield "## Ordinary words"
    yield ""
    yield "| not | but |"
    yield "|---|---|"
    for each in glossary().words:
        yield f"| {each.avoid or each.avoid_vietnamese} | {each.use or each.use_vietnamese} |"
