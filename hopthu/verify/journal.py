"""The journals of our hosts: what is at all a warning, and which of it is allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from hopthu.inventory.topology import Host
from hopthu.verify.context import ProbeContext

ALLOWED = Path(__file__).with_name("allowed-journal.yaml")
_MAIL_WORDS = "(warning|error|fatal|panic):"
"""How daemons begin what they log to the facility `mail` under a harmless priority."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a journal: where, by whom, what."""

    host: str
    unit: str
    text: str

    def __str__(self) -> str:
        return f"{self.host} {self.unit}: {self.text}"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Lines that may stand: the unit that writes them and a pattern, both whole; and why."""

    unit: re.Pattern[str]
    text: re.Pattern[str]
    reason: str

    def covers(self, line: Line) -> bool:
        """Tell whether `line` is one of these."""
        return bool(self.unit.fullmatch(line.unit) and self.text.fullmatch(line.text))


def allowed() -> tuple[Allowed, ...]:
    """Read the list beside this module."""
    return tuple(
        Allowed(re.compile(row["unit"]), re.compile(row["pattern"], re.DOTALL), row["reason"])
        for row in yaml.safe_load(ALLOWED.read_text(encoding="utf-8"))
    )


def read(world: ProbeContext, host: Host) -> list[Line]:
    """Return the warnings of a host, oldest first."""
    since = "" if world.inventory.throwaway else f"--since=@{world.began:.0f}"
    query = (
        f"journalctl -b {since} --quiet --output=json "
        "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_SYSTEMD_UNIT,UNIT"
    )
    # --grep ends with 1 when nothing matches (journalctl(1)).
    mail = f"{query} -p notice..debug -g '{_MAIL_WORDS}' SYSLOG_FACILITY=2 || [ $? -eq 1 ]"
    script = f"{query} -p warning && {{ {mail}; }}"
    return list(parse(host.name, world.on(host, script)))


def parse(host: str, output: str) -> Iterator[Line]:
    """Read journalctl's JSON, one object a line."""
    for row in output.splitlines():
        entry = json.loads(row)
        text = entry.get("MESSAGE") or ""
        if isinstance(text, list):
            # What is not UTF-8 comes as numbers.
            text = bytes(text).decode(errors="replace")
        # What systemd says of a service names it in UNIT; the kernel is in no unit.
        unit = entry.get("UNIT") or entry.get("_SYSTEMD_UNIT") or entry.get("SYSLOG_IDENTIFIER", "")
        yield Line(host, unit, text)
