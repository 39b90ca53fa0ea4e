"""Names of deploys and operations, which are shown while they run, in both languages.

pyinfra joins the name of a deploy and that of an operation into one text, in which a `Message` does
not survive. So the texts are looked up again when they are shown.
"""

from __future__ import annotations

from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

_SEPARATOR = " | "
_NAMES: dict[str, Message] = {}


def step_name(template: str, /, **values: object) -> str:
    """Return the English name of a deploy or operation, and remember how to translate it."""
    name = Message(template, **values)
    _NAMES[str(name)] = name
    return str(name)


def translated(name: str, language: str) -> str:
    """Return the name pyinfra gives an operation in `language`; unknown parts stay as they are."""
    parts = name.split(_SEPARATOR)
    return _SEPARATOR.join(translate(_NAMES.get(part, part), language) for part in parts)
