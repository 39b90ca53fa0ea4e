"""Sentences that keep their template and values, so that they can be translated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self


class Message(str):
    """A sentence in English, its template, and the values that fill the template's braces.

    It is the English text wherever text is wanted; `hopthu.i18n.catalogue` translates it.
    The template is the key of the catalogue, so it is always written out as a literal.
    """

    template: str
    values: Mapping[str, str]

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Fill `template`; a value may be a sentence itself."""
        made = {name: v if isinstance(v, str) else str(v) for name, v in values.items()}
        self = super().__new__(cls, template.format(**made) if made else template)
        self.template = template
        self.values = made
        return self


Fault = tuple[Message, Message] | None
"""What is wrong with a text, and the fix; None if it is valid."""
