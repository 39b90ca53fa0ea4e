"""(recorded, found) → what differs. Pure; the lines are those of hopthu/remote/baseline.sh."""

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

    `newer` names packages whose version is later than recorded: that of an update by Debian, as
    long as nobody holds them.
    """
    was, now = _by_name(recorded), _by_name(found)
    return sorted(
        _drift(host, name, was.get(name), now.get(name), newer)
        for name in was.keys() | now.keys()
        if was.get(name) != now.get(name)
    )


def unexpected(drifts: Iterable[Drift], expected: Mapping[str, Collection[str]]) -> list[Drift]:
    """Return what is not among the `expected` of its host: `KIND ITEM`, `*` stands for anything."""
    patterns = {
        host: re.compile(
            "|".join(re.escape(text).replace(r"\*", ".*") for text in texts), re.DOTALL
        )
        for host, texts in expected.items()
        if texts
    }
    return [d for d in drifts if not (d.host in patterns and patterns[d.host].fullmatch(d.name))]


def unknown_kinds(expected: Iterable[str]) -> list[str]:
    """Return those of `expected` that could never name anything."""
    return [text for text in expected if text.partition(" ")[0] not in KINDS]


def _drift(host: str, name: str, was: str | None, now: str | None, newer: Collection[str]) -> Drift:
    kind, _, item = name.partition(" ")
    later = kind == "package" and item in newer and not str(now).endswith(" hold")
    return Drift(host, kind, item, was, now, sentence(kind, item, was, now, later), note=later)


def _by_name(lines: Iterable[str]) -> Mapping[str, str]:
    """Return what is told of each thing; a key or account may be there more than once."""
    told: dict[str, set[str]] = {}
    for line in lines:
        name, _, value = line.partition("\t")
        told.setdefault(readable(name), set()).add(readable(value))
    return {name: "; ".join(sorted(values)) for name, values in told.items()}


def readable(text: str) -> str:
    """Return `text` with its octal escapes undone, as far as a terminal may be sent the character.

    A name on a server may be anybody's: it must neither command a terminal nor turn its text round.
    """
    return _OCTAL.sub(_undone, text) if "\\" in text else text


def _undone(match: re.Match[str]) -> str:
    raw = bytes(int(octal, 8) & 255 for octal in match[1].split("\\")[1:])
    return printable(raw.decode(errors="backslashreplace"))
