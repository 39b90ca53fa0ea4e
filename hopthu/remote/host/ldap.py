"""This host's own directory, asked by root over its socket; nothing secret is an argument."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from hopthu.remote.host.state import Failed, output, run

AT = ("-Q", "-Y", "EXTERNAL", "-H", "ldapi:///")
READ = ("-LLL", "-o", "ldif-wrap=no", "-o", "nettimeout=5")
CONFIGURATION = Path("/etc/ldap/slapd.conf")

_CERTIFICATE = {
    "LDAPTLS_CACERT": "/etc/hopthu/tls/ca.pem",
    "LDAPTLS_CERT": "/etc/hopthu/tls/host.pem",
    "LDAPTLS_KEY": "/etc/hopthu/tls/host.key",
}

Attributes = Mapping[str, list[str]]


def search(base: str, filter_: str, *attributes: str) -> Iterator[Attributes]:
    """Yield the attributes of the entries that match; values must be plain ASCII, as ids are."""
    return parsed(output("ldapsearch", *AT, *READ, "-b", base, filter_, *attributes))


def entry(base: str, *attributes: str) -> Attributes:
    """Return attributes of one entry; raise `Failed` if there is no such entry."""
    text = output("ldapsearch", *AT, *READ, "-b", base, "-s", "base", *attributes)
    return next(parsed(text), {})


def modify(
    ldif: str, *controls: str, go_on: bool = False, longest: float | None = None
) -> tuple[int, str, str]:
    """Make changes, within `longest` seconds; return exit code, output and errors.

    `go_on` after changes that are refused.
    """
    options = [word for control in controls for word in ("-e", control)]
    known = ["-c"] if go_on else []
    done = run("ldapmodify", *known, *AT, *options, stdin=ldif, fine=None, timeout=longest)
    return done.returncode, done.stdout, done.stderr


def position(top: str, provider: str = "") -> str:
    """Return the position of the directory, its contextCSN; raise `Failed` if it has none.

    With the address of a provider that of its directory, to which this host shows its certificate.
    """
    at = ("-Q", "-Y", "EXTERNAL", "-H", f"ldaps://{provider}") if provider else AT
    asked = ("ldapsearch", *at, *READ, "-b", top, "-s", "base", "contextCSN")
    found = next(parsed(run(*asked, env=_CERTIFICATE if provider else None).stdout), {}).get(
        "contextCSN"
    )
    if not found:
        raise Failed("the directory has no position")
    return found[0]


def suffix() -> str:
    """Return the suffix of the directory."""
    text = CONFIGURATION.read_text()
    found = re.search(r'^suffix\s+"?([^"\n]+)"?$', text, re.MULTILINE)
    if not found:
        raise Failed("slapd.conf names no suffix")
    return found[1]


def parsed(text: str) -> Iterator[Attributes]:
    """Yield the attributes of the entries in an answer."""
    for block in text.split("\n\n"):
        found: dict[str, list[str]] = {}
        for line in block.splitlines():
            name, _, value = line.partition(": ")
            found.setdefault(name, []).append(value)
        if found:
            yield found
