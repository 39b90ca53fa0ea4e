"""The journals of our hosts: what is at all a warning, and which of it is allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from hopthu.inventory.topology import Host
from hopthu.verify.context import ProbeContext

ALLOWED = Path(__file__).with_name("allowed-journal.yaml")
OUTSIDE = Path(__file__).with_name("outside-journal.yaml")
_MAIL_WORDS = "^(warning|error|fatal|panic):"
"""How daemons begin what they log to the facility `mail` under a harmless priority.

Only the beginning: a letter may be called `<warning:x@example.org>` by whoever sends it.
"""
_DAY = 24 * 3600
"""Seconds after which a line is history: what went wrong then is no longer news."""
_RECORD = "/var/lib/hopthu/deployed/record.json"
_SINCE = f"""began=$(sed -n 's/.*"started": *"\\([^"]*\\)".*/\\1/p' {_RECORD} 2>/dev/null)
since=$(($(date +%s) - {_DAY}))
[ -z "$began" ] || began=$(date -d "$began" +%s) || exit
[ "${{began:-0}}" -lt "$since" ] || since=$began
"""
"""Sets `since`: when the last apply of this host began, or a day ago where that is later."""
_CLIENT = r"(?P<client>[0-9A-Fa-f.:]+)"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a journal: where, by which unit and program, what."""

    host: str
    unit: str
    text: str
    program: str = ""

    def __str__(self) -> str:
        return f"{self.host} {self.unit}: {self.text}"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Lines that may stand: the unit or the program that writes them, a pattern; and why.

    Each matches as a whole. Where the pattern has a group `client`, that must not be one of ours.
    """

    writer: re.Pattern[str]
    text: re.Pattern[str]
    reason: str

    def covers(self, line: Line, ours: Collection[str] = ()) -> bool:
        """Tell whether `line` is one of these; `ours` are the addresses of our own hosts."""
        found = self.text.fullmatch(line.text)
        if found is None or not self._wrote(line):
            return False
        return found.groupdict().get("client") not in ours

    def _wrote(self, line: Line) -> bool:
        return any(self.writer.fullmatch(name) for name in (line.unit, line.program) if name)


def allowed() -> tuple[Allowed, ...]:
    """Read what the probes and an apply make daemons say."""
    return _rules(ALLOWED, "unit")


def outside() -> tuple[Allowed, ...]:
    """Read what anybody outside can make daemons say."""
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


def read(world: ProbeContext, host: Host) -> list[Line]:
    """Return the warnings of a host, oldest first: since its last apply, its start, or a day."""
    query = (
        'journalctl -b --since="@$since" --quiet --output=json '
        "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_SYSTEMD_UNIT,UNIT"
    )
    # --grep ends with 1 when nothing matches (journalctl(1)).
    mail = f"{query} -p notice..debug -g '{_MAIL_WORDS}' SYSLOG_FACILITY=2 || [ $? -eq 1 ]"
    script = f"{_SINCE}{query} -p warning && {{ {mail}; }}"
    return list(parse(host.name, world.on(host, script)))


def parse(host: str, output: str) -> Iterator[Line]:
    """Read journalctl's JSON, one object a line."""
    for row in output.splitlines():
        entry = json.loads(row)
        text = entry.get("MESSAGE") or ""
        if isinstance(text, list):
            # What is not UTF-8 comes as numbers.
            text = bytes(text).decode(errors="replace")
        program = str(entry.get("SYSLOG_IDENTIFIER", ""))
        # What systemd says of a service names it in UNIT; the kernel is in no unit.
        unit = entry.get("UNIT") or entry.get("_SYSTEMD_UNIT") or program
        yield Line(host, unit, text, program)
