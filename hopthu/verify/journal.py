"""The journals of the hosts: their warnings, and which of them are allowed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypedDict

import yaml
from msgspec import Meta

from hopthu.answers import told
from hopthu.inventory.topology import Host
from hopthu.verify.context import ProbeContext

ALLOWED = Path(__file__).with_name("allowed-journal.yaml")
OUTSIDE = Path(__file__).with_name("outside-journal.yaml")
_MAIL_WORDS = "^(warning|error|fatal|panic):"
"""The prefix of warnings that daemons log to the facility `mail` with a lower priority.

Only at the beginning: a sender may choose `<warning:x@example.org>` as a Message-ID.
"""
_DAY = 24 * 3600
"""Age in seconds after which lines are ignored."""
_RECORD = "/var/lib/hopthu/deployed/record.json"
_SINCE = f"""began=$(sed -n 's/.*"started": *"\\([^"]*\\)".*/\\1/p' {_RECORD} 2>/dev/null)
since=$(($(date +%s) - {_DAY}))
[ -z "$began" ] || began=$(date -d "$began" +%s) || exit
[ "${{began:-0}}" -lt "$since" ] || since=$began
"""
"""Sets `since` to the start of the last apply on this host, or to a day ago if that is later."""
_CLIENT = r"(?P<client>[0-9A-Fa-f.:]+)"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a journal: its host, systemd unit, program and text."""

    host: str
    unit: str
    text: str
    program: str = ""

    def __str__(self) -> str:
        return f"{self.host} {self.unit}: {self.text}"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Lines that are allowed: the unit or program that writes them, a pattern, and the reason.

    Both patterns must match completely. The group `client`, if any, must not match a host of the
    centre.
    """

    writer: re.Pattern[str]
    text: re.Pattern[str]
    reason: str

    def covers(self, line: Line, ours: Collection[str] = ()) -> bool:
        """Return whether `line` is allowed; `ours` are the addresses of the centre's hosts."""
        found = self.text.fullmatch(line.text)
        if found is None or not self._wrote(line):
            return False
        return found.groupdict().get("client") not in ours

    def _wrote(self, line: Line) -> bool:
        return any(self.writer.fullmatch(name) for name in (line.unit, line.program) if name)


def allowed() -> tuple[Allowed, ...]:
    """Return the lines that probes and an apply cause."""
    return _rules(ALLOWED, "unit")


def outside() -> tuple[Allowed, ...]:
    """Return the lines that anybody outside can cause."""
    return _rules(OUTSIDE, "program")


def _rules(path: Path, writer: str) -> tuple[Allowed, ...]:
    return tuple(
        Allowed(
            re.compile(row[writer]),
            re.compile(row["pattern"].replace("{client}", _CLIENT), re.DOTALL),
            row["reason"],
        )
        for row in yaml.safe_load(path.read_text(encoding="utf-8"))
    )


def read(context: ProbeContext, host: Host) -> list[Line]:
    """Return the warnings of a host, oldest first, since its last apply, its boot, or a day ago."""
    query = (
        'journalctl -b --since="@$since" --quiet --output=json '
        "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_SYSTEMD_UNIT,UNIT"
    )
    # With --grep the exit code is 1 if nothing matches (journalctl(1)).
    mail = f"{query} -p notice..debug -g '{_MAIL_WORDS}' SYSLOG_FACILITY=2 || [ $? -eq 1 ]"
    script = f"{_SINCE}{query} -p warning && {{ {mail}; }}"
    return list(parse(host.name, context.on(host, script)))


_Text = str | list[Annotated[int, Meta(ge=0, le=255)]] | None
"""A field of journalctl's: numbers if it is not UTF-8, and nothing if it is long."""


class _Entry(TypedDict, total=False):
    MESSAGE: _Text
    SYSLOG_IDENTIFIER: _Text
    _SYSTEMD_UNIT: _Text
    UNIT: _Text


def parse(host: str, output: str) -> Iterator[Line]:
    """Parse the JSON output of journalctl, one object per line; raise `HostFailed`."""
    for row in filter(None, output.split("\n")):
        entry = told(host, row, _Entry, "journalctl")
        program = _shown(entry.get("SYSLOG_IDENTIFIER"))
        # Messages of systemd about a service have its name in UNIT; the kernel has no unit.
        unit = _shown(entry.get("UNIT") or entry.get("_SYSTEMD_UNIT")) or program
        yield Line(host, unit, _shown(entry.get("MESSAGE")), program)


def _shown(text: _Text) -> str:
    return bytes(text).decode(errors="replace") if isinstance(text, list) else text or ""
