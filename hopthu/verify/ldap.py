"""The LDAP client of the probes: `ldapsearch` over TLS at the vantage, as an address book does."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hopthu.directory.entries import person_dn, probes_dn, suffix
from hopthu.errors import HostFailed
from hopthu.i18n.message import Message
from hopthu.verify.context import Person, ProbeContext
from hopthu.verify.probe import ACCESS

_NOT_FOUND = 127
"""The exit code of a shell if a program does not exist."""

Entry = Mapping[str, Sequence[str]]
_FOLDER = "/tmp"  # noqa: S108  (mktemp makes a private folder in it)


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a search: the LDAP result code (RFC 4511 A.1), entries, and the error text."""

    code: int
    entries: tuple[Entry, ...]
    text: str


def search(
    context: ProbeContext,
    person: Person | None,
    query: str,
    *attributes: str,
    password: str | None = None,
    scheme: str = "ldaps",
) -> Answer:
    """Search below the suffix as `person`, or without signing in, as an address book does.

    The access host is asked by its address, which its certificate has too. Raises `HostFailed` if
    the vantage has no ldapsearch.
    """
    top = probes_dn(suffix(context.domain))
    bind = ["-D", person_dn(person.id, top), "-y", "$d/password"] if person else []
    server = f"{scheme}://{context.host(ACCESS).address}"
    words = ["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-o", "nettimeout=2", "-H", server]
    words += [*bind, "-b", suffix(context.domain), query, *attributes]
    # Secrets are passed by stdin and stay in the shell's memory and a private file: everybody on
    # the machine can read the arguments of a command.
    script = f"""umask 077; d=$(mktemp -d {_FOLDER}/hopthu-XXXXXX); trap 'rm -rf "$d"' EXIT
IFS= read -r secret; printf %s "$secret" >"$d/password"; cat >"$d/ca.pem"
LDAPTLS_CACERT="$d/ca.pem" LDAPTLS_REQCERT=demand {" ".join(map(_word, words))}"""
    secret = password if password is not None else person.password if person else ""
    authority = context.site.secrets.public("ca.pem")
    outcome = context.client.run(script, stdin=secret.encode() + b"\n" + authority)
    if outcome.code == _NOT_FOUND:
        raise HostFailed(
            Message("{host} has no ldapsearch", host=context.client.name),
            fix=Message("install ldap-utils there"),
        )
    return Answer(outcome.code, parse(outcome.out), " ".join(outcome.err.split()))


def parse(ldif: str) -> tuple[Entry, ...]:
    """Parse unwrapped LDIF (RFC 2849); attribute names become lower case, `dn` included."""
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
