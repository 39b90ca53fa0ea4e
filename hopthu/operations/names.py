"""Names of deploys and operations, which are shown while they run, in both languages.

pyinfra joins the name of a deploy and that of an operation into one text, in which a `Message` does
not survive. So the texts are looked up again when a step is reported.
"""

from __future__ import annotations

from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message

_SEPARATOR = " | "
_NAMES: dict[str, Message] = {}


def step_name(template: str, /, **values: object) -> str:
    """Return the English name of a deploy or operation, and remember how to translate it."""
    return remembered(Message(template, **values))


def remembered(name: Message) -> str:
    """Return the English text of a name, and remember how to translate it."""
    _NAMES[str(name)] = name
    return str(name)


def named(name: str) -> Message:
    """Return the name that pyinfra gives an operation; parts of it that are known translate."""
    return joined((_NAMES.get(part, part) for part in name.split(_SEPARATOR)), _SEPARATOR)
