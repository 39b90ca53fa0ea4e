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
    """Return the position of the directory; raise `Failed` if it has none.

    It is the last change that is known of each directory that was ever written to (contextCSN),
    separated by blanks. With the address of a provider that of its directory, to which this host
    shows its certificate.
    """
    at = ("-Q", "-Y", "EXTERNAL", "-H", f"ldaps://{provider}") if provider else AT
    asked = ("ldapsearch", *at, *READ, "-b", top, "-s", "base", "contextCSN")
    return _position(run(*asked, env=_CERTIFICATE if provider else None).stdout)


def stored_position(top: str) -> str:
    """Return the position of the database of this host, whether slapd runs or not."""
    return _position(
        output("slapcat", "-f", CONFIGURATION, "-o", "ldif-wrap=no", "-H", f"ldap:///{top}??base")
    )


def has(position: str, other: str) -> bool:
    """Return whether a directory at a position has all changes that one at another has."""
    known = changes(position)
    return all(known.get(origin, "") >= change for origin, change in changes(other).items())


def changes(position: str) -> Mapping[str, str]:
    """Return the changes that a position consists of, by the number of who made them (serverID)."""
    return {"".join(change.split("#")[2:3]): change for change in position.split()}


def followed(configuration: str) -> str:
    """Return the address of the provider that a directory follows; empty if it is written to."""
    _, follows, rest = f"\n{configuration}".partition("\nsyncrepl ")
    if not follows:
        return ""
    found = re.search(r"^\s+provider=ldaps://(\S+)$", rest, re.MULTILINE)
    if not found:
        raise Failed("slapd.conf does not say which provider it follows")
    return found[1]


def written() -> bool:
    """Return whether the directory of this host is one that is written to, and follows no other."""
    try:
        return not followed(CONFIGURATION.read_text())
    except FileNotFoundError:
        return False


def _position(answer: str) -> str:
    found = next(parsed(answer), {}).get("contextCSN")
    if not found:
        raise Failed("the directory has no position")
    return " ".join(sorted(found))


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
