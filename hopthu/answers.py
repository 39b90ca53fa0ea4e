"""What hosts answer, held to what they were asked: one that was taken over can say anything.

The return type of a function of `hopthu.remote.host` says all that it may answer. What does not fit
is the failure of that host, where it arrives, so that it hides nothing of what others say.
What calls say while they go on is lists of words, each on a line of JSON, and no line is waited for
or kept without a limit.
"""

from __future__ import annotations

import json
import math
import os
import select
import threading
import time
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import IO, Any, TypeVar, get_type_hints

import msgspec

from hopthu.errors import HostFailed
from hopthu.i18n.message import Message
from hopthu.remote import Question

_T = TypeVar("_T")

_LONGEST = 16 << 20
"""Bytes of a line: a hundred times what any of ours has."""
_CHUNK = 1 << 16


class Lines:
    """What a call on a host says while it goes on."""

    def __init__(self, pipe: IO[bytes]) -> None:
        """Read from a pipe, which nobody else reads from then on."""
        self._pipe, self._read = pipe, b""

    def words(self, patience: float) -> Sequence[str]:
        """Return the words of the next line, none at the end of the call.

        What is no line of ours, as of a shell that greets everybody, follows an empty word. Raises
        `TimeoutError` if it is not there within `patience` seconds, and `OverflowError` if it is
        longer than any of ours.
        """
        parts, until = [self._read], time.monotonic() + patience
        size = len(self._read)
        while b"\n" not in parts[-1]:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._pipe], [], [], left)[0]:
                raise TimeoutError
            if not (more := os.read(self._pipe.fileno(), _CHUNK)):
                break
            parts.append(more)
            size += len(more)
            if size > _LONGEST:
                raise OverflowError
        line, _, self._read = b"".join(parts).partition(b"\n")
        return _words(line)


class LastWords(threading.Thread):
    """The errors of a call, which are read so that it never waits; the last of them are kept."""

    def __init__(self, pipe: IO[bytes]) -> None:
        """Read from a pipe to its end, and close it."""
        super().__init__(daemon=True)
        self._pipe, self._kept = pipe, b""
        self.start()

    def run(self) -> None:
        """Read to the end."""
        with self._pipe:
            while more := os.read(self._pipe.fileno(), _CHUNK):
                self._kept = (self._kept + more)[-_CHUNK:]

    def text(self, patience: float) -> str:
        """Return what was said last, up to the end unless that takes longer."""
        self.join(patience)
        return self._kept.decode(errors="replace").strip()


def _words(line: bytes) -> Sequence[str]:
    text = line.decode(errors="replace").strip()
    try:
        found = msgspec.convert(parsed(text or "null"), list[str] | None)
    except (ValueError, msgspec.ValidationError):
        return ["", text]
    return found or []


def answer(host: str, text: str, function: Callable[..., object]) -> Any:
    """Return what a host answers to a call of a function; raise `HostFailed`."""
    return _fitting(host, _loaded(host, text), _meant(function), function.__name__)


def told(host: str, text: str, kind: type[_T], program: str) -> _T:
    """Return what a program on a host says in JSON; raise `HostFailed`."""
    found: _T = _fitting(host, _loaded(host, text), kind, program)
    return found


def answers(host: str, text: str, *questions: Question) -> list[Any]:
    """Return what a host answers to several questions; raise `HostFailed`."""
    found = _loaded(host, text)
    if not (isinstance(found, list) and len(found) == len(questions)):
        raise HostFailed(Message("{host}: its answer was cut short", host=host))
    return [
        _fitting(host, each, _meant(_function(module, name)), name)
        for each, (module, name, _, _) in zip(found, questions, strict=True)
    ]


def _loaded(host: str, text: str) -> object:
    try:
        return parsed(text)
    except ValueError as error:
        raise HostFailed(Message("{host}: its answer was cut short", host=host)) from error


def parsed(text: str) -> Any:
    """Return what JSON of a host says; raise `ValueError` if it is none that ours could be."""
    try:
        return json.loads(text, parse_float=_number, parse_constant=_number)
    except RecursionError as error:
        raise ValueError("too deep") from error


def _number(text: str) -> float:
    """Return a number; raise `ValueError` if it is none, or more than any."""
    if not math.isfinite(number := float(text)):
        raise ValueError("no number")
    return number


def _fitting(host: str, found: object, kind: Any, function: str) -> Any:
    try:
        return msgspec.convert(found, kind, dec_hook=_of_its_own)
    except msgspec.ValidationError as error:
        # It says where, and of which type; what was there may be secret.
        raise HostFailed(
            Message(
                "{host}: what it answers to {function} cannot be: {what}",
                host=host, function=function, what=str(error),
            )
        ) from error  # fmt: skip


@cache
def _meant(function: Callable[..., object]) -> Any:
    return get_type_hints(function)["return"]


def _of_its_own(kind: type, found: object) -> object:
    """Return a value of a type with rules of its own, as in hopthu/remote/host/kinds.py."""
    try:
        return kind(msgspec.convert(found, kind.__mro__[-2]))  # the type of JSON that it is made of
    except ValueError as error:
        raise ValueError(f"Expected `{kind.__name__}`") from error  # without what was there


def _function(module: str, name: str) -> Callable[..., object]:
    function: Callable[..., object] = getattr(import_module(f"hopthu.remote.host.{module}"), name)
    return function
