"""The sentences of records, with what it takes to say them in another language.

A record keeps each sentence in English, which counts, and beside it the template and values that it
was made of. Without them, as in records of earlier versions, it is shown in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from hopthu.i18n.message import Message

_TEMPLATE = re.compile(r"(?:[^{}]|\{[a-z_]+\})*")
"""A template with names in braces and nothing else: it comes from a host, and is filled in here."""


def packed(sentences: Iterable[str]) -> list[Any]:
    """Return what each sentence is made of, as JSON can represent it; None for plain text."""
    return [_packed(sentence) if isinstance(sentence, Message) else None for sentence in sentences]


def restored(sentences: Sequence[str], made_of: object) -> tuple[str, ...]:
    """Return the sentences as messages, as far as what they are made of gives the same text."""
    if not isinstance(made_of, list) or len(made_of) != len(sentences):
        return tuple(sentences)
    return tuple(map(_restored, sentences, made_of))


def _packed(text: str) -> Any:
    if not isinstance(text, Message):
        return text
    return {"template": text.template, "values": {k: _packed(v) for k, v in text.values.items()}}


def _restored(sentence: str, made_of: object) -> str:
    try:
        message = _message(made_of)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return sentence
    return message if message == sentence else sentence


def _message(made_of: Any) -> str:
    if isinstance(made_of, str):
        return made_of
    template, values = made_of["template"], made_of["values"]
    if not _TEMPLATE.fullmatch(template):
        raise ValueError(template)
    return Message(template, **{name: _message(value) for name, value in values.items()})
