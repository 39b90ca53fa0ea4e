"""The Debian mirrors of the lab's images: those that this machine uses itself.

Only sources of the lab's suite are used. A machine's sources may include local folders, other
releases and other vendors, which do not belong in a Debian host.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Options that decide whether a mirror can be reached and trusted; the rest of apt's configuration
# is specific to this machine.
_OPTION = re.compile(r'Acquire::(?:Check-|https?::|ForceIP|Retries)[\w:./-]* "[^"]+"')


@dataclass(frozen=True, slots=True)
class Source:
    """One archive: its URI, its suites, and the key that signs it (empty: apt's own keys)."""

    uri: str
    suites: tuple[str, ...]
    signed_by: str = ""

    def __str__(self) -> str:
        signed = f"Signed-By: {self.signed_by}\n" if self.signed_by else ""
        suites = " ".join(self.suites)
        return f"Types: deb\nURIs: {self.uri}\nSuites: {suites}\nComponents: main\n{signed}"


def sources(suite: str, folder: Path = Path("/etc/apt")) -> str:
    """Return this machine's sources of `suite` in deb822, or "" (sources.list(5))."""
    lines = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*.list"))]
    found = [
        *(s for path in lines if path.is_file() for s in _one_line(path.read_text())),
        *(
            s
            for p in sorted(folder.glob("sources.list.d/*.sources"))
            for s in _deb822(p.read_text())
        ),
    ]
    return "\n".join(str(source) for source in _of_suite(found, suite))


def options() -> list[str]:
    """Return the apt settings of this machine that a mirror may need (proxy, checks)."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True)
    return _OPTION.findall(dump.stdout)


def _of_suite(found: Iterable[Source], suite: str) -> Iterator[Source]:
    for source in found:
        suites = tuple(s for s in source.suites if s.removeprefix(suite) in _POCKETS)
        if suites and source.uri.startswith(("http://", "https://")):
            yield Source(source.uri, suites, source.signed_by)


_POCKETS = ("", "-updates", "-security")


def _one_line(text: str) -> Iterator[Source]:
    pattern = re.compile(
        r"deb\s+(?:\[(?P<options>[^]]*)\]\s*)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(.*)"
    )
    for line in text.splitlines():
        match = pattern.match(line.strip())
        if match and "main" in match[4].split():
            signed = re.search(r"signed-by=(\S+)", match["options"] or "")
            yield Source(match["uri"], (match["suite"],), signed[1] if signed else "")


def _deb822(text: str) -> Iterator[Source]:
    uncommented = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", uncommented):
        # A field continues on lines that begin with a space (an inline key does).
        pairs = re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE)
        record = {name.lower(): value for name, value in pairs}
        wanted = "deb" in record.get("types", "").split()
        wanted = wanted and "main" in record.get("components", "").split()
        if wanted and record.get("enabled", "yes").lower() not in {"no", "false", "0"}:
            for uri in record.get("uris", "").split():
                yield Source(
                    uri, tuple(record.get("suites", "").split()), record.get("signed-by", "")
                )
