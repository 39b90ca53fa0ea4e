"""LDAP as an address book asks it: `ldapsearch` at the vantage, over TLS, by the service's name."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hopthu.directory.entries import person_dn, suffix
from hopthu.errors import HostFailed
from hopthu.verify.context import Person, ProbeContext

_NOT_FOUND = 127
"""What a shell ends with when there is no such program."""

Entry = Mapping[str, Sequence[str]]
_FOLDER = "/tmp"  # noqa: S108  (mktemp makes a private folder in it)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search ended with: LDAP's result code (RFC 4511 A.1), entries, and any words."""

    code: int
    entries: tuple[Entry, ...]
    text: str


def search(
    world: ProbeContext,
    person: Person | None,
    query: str,
    *attributes: str,
    password: str | None = None,
    url: str = "",
) -> Answer:
    """Search below the suffix as `person`, or as nobody, the way an address book does.

    `url` is where to ask instead of the service's own address over TLS.
    """
    bind = ["-D", person_dn(person.id, suffix(world.domain)), "-y", "$d/password"] if person else []
    asked = url or f"ldaps://mail.{world.domain}"
    words = ["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-o", "nettimeout=2", "-H", asked]
    words += [*bind, "-b", suffix(world.domain), query, *attributes]
    # Secrets reach the other side by stdin and stay in a shell's memory and a private file: a
    # command's arguments can be read by all who are on the machine.
    script = f"""umask 077; d=$(mktemp -d {_FOLDER}/hopthu-XXXXXX); trap 'rm -rf "$d"' EXIT
IFS= read -r secret; printf %s "$secret" >"$d/password"; cat >"$d/ca.pem"
LDAPTLS_CACERT="$d/ca.pem" LDAPTLS_REQCERT=demand {" ".join(map(_word, words))}"""
    secret = password if password is not None else person.password if person else ""
    authority = world.site.secrets.public("ca.pem")
    outcome = world.client.run(script, stdin=secret.encode() + b"\n" + authority)
    if outcome.code == _NOT_FOUND:
        raise HostFailed(f"{world.client.name} has no ldapsearch", fix="install ldap-utils there")
    return Answer(outcome.code, parse(outcome.out), " ".join(outcome.err.split()))


def parse(ldif: str) -> tuple[Entry, ...]:
    """Read unwrapped LDIF (RFC 2849); names of attributes in lower case, `dn` among them."""
    entries: list[dict[str, list[str]]] = []
    for block in ldif.strip().split("\n\n"):
        entry: dict[str, list[str]] = {}
        for line in block.splitlines():
            name, _, value = line.partition(":")
            if value.startswith(":"):
                value = base64.b64decode(value[1:]).decode(errors="replace")
            entry.setdefault(name.lower(), []).append(value.strip())
        if "dn" in entry:
            entries.append(entry)
    return tuple(entries)


def _word(word: str) -> str:
    return f'"{word}"' if word.startswith("$d/") else shlex.quote(word)
