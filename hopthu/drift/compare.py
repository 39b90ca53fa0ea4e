"""Compare recorded with present lines of hopthu/remote/host/baseline.py. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from hopthu.diagnostics.problem import printable
from hopthu.drift.model import Drift
from hopthu.drift.sentences import KINDS, sentence

_OCTAL = re.compile(r"((?:\\[0-7]{3})+)")


def compare(
    host: str, recorded: Iterable[str], found: Iterable[str], newer: Collection[str] = ()
) -> list[Drift]:
    """Return what differs, sorted. Lines that both have may be left out of both.

    `newer` are packages whose version is later than recorded: an update by Debian, unless the
    package is held.
    """
    was, now = _by_name(recorded), _by_name(found)
    return sorted(
        _drift(host, name, was.get(name), now.get(name), newer)
        for name in was.keys() | now.keys()
        if was.get(name) != now.get(name)
    )


def unexpected(drifts: Iterable[Drift], expected: Mapping[str, Collection[str]]) -> list[Drift]:
    """Leave out the `expected` drift of each host: `KIND ITEM`, where `*` matches anything."""
    patterns = {
        host: re.compile(
            "|".join(re.escape(text).replace(r"\*", ".*") for text in texts), re.DOTALL
        )
        for host, texts in expected.items()
        if texts
    }
    return [d for d in drifts if not (d.host in patterns and patterns[d.host].fullmatch(d.name))]


def unknown_kinds(expected: Iterable[str]) -> list[str]:
    """Return those of `expected` that begin with an unknown kind."""
    return [text for text in expected if text.partition(" ")[0] not in KINDS]


def _drift(host: str, name: str, was: str | None, now: str | None, newer: Collection[str]) -> Drift:
    kind, _, item = name.partition(" ")
    later = kind == "package" and item in newer and not str(now).endswith(" hold")
    return Drift(host, kind, item, was, now, sentence(kind, item, was, now, later), note=later)


def _by_name(lines: Iterable[str]) -> Mapping[str, str]:
    """Return the values of each item; a key or account may occur more than once."""
    found: dict[str, set[str]] = {}
    for line in lines:
        name, _, value = line.partition("\t")
        found.setdefault(readable(name), set()).add(readable(value))
    return {name: "; ".join(sorted(values)) for name, values in found.items()}


def readable(text: str) -> str:
    """Decode octal escapes, except those of characters that are unsafe on a terminal.

    Anybody may have chosen a name on a server: it must neither contain terminal commands nor
    reverse the direction of text.
    """
    return _OCTAL.sub(_decode, text) if "\\" in text else text


def _decode(match: re.Match[str]) -> str:
    raw = bytes(int(octal, 8) & 255 for octal in match[1].split("\\")[1:])
    return printable(raw.decode(errors="backslashreplace"))
