"""What hosts answer, held to what they were asked: one that was taken over can say anything.

The return type of a function of `hopthu.remote.host` says all that it may answer. What does not fit
is the failure of that host, where it arrives, so that it hides nothing of what others say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, get_type_hints

import msgspec

from hopthu.errors import HostFailed
from hopthu.i18n.message import Message
from hopthu.remote import Question


def answer(host: str, text: str, function: Callable[..., object]) -> Any:
    """Return what a host answers to a call of a function; raise `HostFailed`."""
    return _fitting(host, _loaded(host, text), function)


def answers(host: str, text: str, *questions: Question) -> list[Any]:
    """Return what a host answers to several questions; raise `HostFailed`."""
    found = _loaded(host, text)
    if not (isinstance(found, list) and len(found) == len(questions)):
        raise HostFailed(Message("{host}: its answer was cut short", host=host))
    return [
        _fitting(host, each, _function(module, name))
        for each, (module, name, _, _) in zip(found, questions, strict=True)
    ]


def _loaded(host: str, text: str) -> object:
    try:
        found: object = json.loads(text, parse_float=_number, parse_constant=_number)
    except (ValueError, RecursionError) as error:
        raise HostFailed(Message("{host}: its answer was cut short", host=host)) from error
    return found


def _number(text: str) -> float:
    """Return a number; raise `ValueError` if it is none, or more than any."""
    if not math.isfinite(number := float(text)):
        raise ValueError("no number")
    return number


def _fitting(host: str, found: object, function: Callable[..., object]) -> Any:
    try:
        return msgspec.convert(found, _meant(function), dec_hook=_of_its_own)
    except msgspec.ValidationError as error:
        # It says where, and of which type; what was there may be secret.
        raise HostFailed(
            Message(
                "{host}: what it answers to {function} cannot be: {what}",
                host=host, function=function.__name__, what=str(error),
            )
        ) from error  # fmt: skip


@cache
def _meant(function: Callable[..., object]) -> Any:
    return get_type_hints(function)["return"]


def _of_its_own(kind: type, found: object) -> object:
    """Return a value of a type with rules of its own, as in hopthu/remote/host/kinds.py."""
    try:
        return kind(msgspec.convert(found, kind.__base__))
    except ValueError as error:
        raise ValueError(f"Expected `{kind.__name__}`") from error  # without what was there


def _function(module: str, name: str) -> Callable[..., object]:
    function: Callable[..., object] = getattr(import_module(f"hopthu.remote.host.{module}"), name)
    return function
