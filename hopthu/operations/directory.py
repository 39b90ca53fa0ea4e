"""The directory's entries in one operation: exported once, compared here, changed once.

An operation an entry would take hours for 60,000 people. The directory is asked over its local
socket, as root; no password is involved (hopthu/daemons/openldap.py).
"""

from __future__ import annotations

import base64
import functools
import gzip
import io
import shlex
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

from pyinfra import host, logger
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation

from hopthu.daemons.openldap import DATABASE, LDAPI
from hopthu.directory.entries import where_mail_is, with_first_passwords
from hopthu.directory.ldif import (
    Add,
    Change,
    Entries,
    changes,
    differing,
    parse,
    undo,
    write_changes,
    write_entries,
)
from hopthu.directory.passwords import read_passwords
from hopthu.operations import effects
from hopthu.operations.answers import ALL
from hopthu.operations.host_state import STAGING, STATE
from hopthu.remote import script

_LDIF, _CONTENT = f"{STAGING}/directory.ldif", f"{STAGING}/directory.ldif.gz"
_BACK = f"{STAGING}/directory-back.ldif"
COMPLETE = "# complete"
ASK = "-Q -LLL -o ldif-wrap=no -o nettimeout=5 -Y EXTERNAL"

_NAMED = 5
"""How many of the entries that nobody wants are named."""


class Position(FactBase[str]):
    """How far a host's own directory is (contextCSN); empty where it does not say."""

    def command(self, base: str) -> str:
        """Ask the entry at the top."""
        search = f"ldapsearch {ASK} -H {LDAPI} -b {shlex.quote(base)} -s base contextCSN"
        return f"{search} 2>/dev/null | sed -n 's/^contextCSN: //p'"

    def process(self, output: list[str]) -> str:
        """Return it in one line."""
        return " ".join(output)

    @staticmethod
    def default() -> str:
        """Return what a host without the tools says."""
        return ""


class Search(FactBase[Entries]):
    """What a search as root on the host's own directory finds; nothing where it does not answer.

    The answer travels compressed: 60,000 entries are 40 MB of text, and 2 MB like this.
    """

    def command(self, base: str, filter_: str, attributes: Sequence[str]) -> str:
        """Search `base` and all below; the last line tells that nothing is missing."""
        arguments = " ".join(shlex.quote(argument) for argument in (filter_, *attributes))
        search = f"ldapsearch {ASK} -H {LDAPI} -b {shlex.quote(base)} {arguments}"
        return f"{{ {search} && echo '{COMPLETE}'; }} 2>/dev/null | gzip -1n | base64 -w 65536"

    def process(self, output: list[str]) -> Entries:
        """Unpack and read the LDIF; an answer cut short counts as none."""
        return answered("".join(output)) or {}

    @staticmethod
    def default() -> Entries:
        """Return what a host without the tools holds."""
        return {}


_WITHOUT_PASSWORD = "(!(userPassword=*))"  # noqa: S105  (a filter)


@functools.lru_cache(maxsize=2)
def answered(packed: str) -> Entries | None:
    """Read an answer: LDIF, compressed, in base64; one that was cut short is None."""
    text = gzip.decompress(base64.b64decode(packed)).decode()
    return parse(text) if text.endswith(f"{COMPLETE}\n") else None


@operation()
def entries(
    base: str,
    wanted: Mapping[str, Mapping[str, tuple[str, ...]]],
    managed: Sequence[str],
    unique: Sequence[str] = (),
    first_passwords: str = "",
) -> Generator[StringCommand | FileUploadCommand, None, None]:
    """Make the provider's entries what they should be, in one change set.

    + base: the suffix everything is under
    + wanted: DN → attribute → values of every entry that should exist, parents before children;
      any other entry is left and named
    + managed: attributes that are made what they should be; others, such as passwords, are left
    + unique: attributes of which no two entries may have the same value: one is taken from the
      entry that had it before it is given to another
    + first_passwords: path of a JSON file of hashes by person id (`uid=ID,ou=people,BASE`); used
      for entries that have no password, never in place of one

    A directory that holds nothing is filled as a whole (hopthu/remote/fill.sh). Else the directory
    stops at the first change it refuses; what came before it holds, and the next run
    works out what is still missing. Whose mail lies on another store than it should stays there
    for now (`mailHost`), marked (`hopthuMoving`); see hopthu.migration.

    **Example:**

    .. code:: python

        directory.entries(
            name="Have the folder of people",
            base="dc=example,dc=vn",
            wanted={
                "ou=people,dc=example,dc=vn": {
                    "objectClass": ("organizationalUnit",),
                    "ou": ("people",),
                },
            },
            managed=["objectClass", "ou"],
        )
    """
    effects.note("entries")
    held = host.get_fact(Search, base=base, filter_=ALL, attributes=managed)
    todo = changes(held, where_mail_is(held, differing(held, wanted)), unique)
    if first_passwords:
        without = host.get_fact(Search, base=base, filter_=_WITHOUT_PASSWORD, attributes=["1.1"])
        todo = with_first_passwords(todo, base, read_passwords(Path(first_passwords)), without)
    if strangers := sorted(held.keys() - wanted.keys()):
        some = "; ".join(strangers[:_NAMED])
        count = len(strangers)
        host.log(f"in the directory, not in the data, left alone: {count}: {some}", logger.warning)
    if not todo:
        host.noop(f"directory: {len(wanted)} entries as they should be")
        return
    yield StringCommand(f"install -d -m 700 {STATE} {STATE}/staging {STAGING}")
    if not held:
        yield FileUploadCommand(_content(todo), _CONTENT)
        yield fill("content", _CONTENT, base)
        return
    yield FileUploadCommand(io.BytesIO(write_changes(todo).encode()), _LDIF)
    back = undo(todo, held, unique)
    yield FileUploadCommand(io.BytesIO(write_changes(back).encode()), _BACK)
    yield StringCommand("sh", "-c", shlex.quote(_apply(_LDIF, _BACK)))


def fill(how: str, file: str, base: str, *indexes: str) -> StringCommand:
    """Return the command that fills an empty directory (hopthu/remote/fill.sh)."""
    words = ["bash", "-c", script("fill.sh"), "fill", how, file, DATABASE, base, *indexes]
    return StringCommand(shlex.join(words))


def _content(todo: Sequence[Change]) -> io.BytesIO:
    """Pack the entries that `todo` adds."""
    new = {change.dn: change.attributes for change in todo if isinstance(change, Add)}
    return io.BytesIO(gzip.compress(write_entries(new).encode(), 1))


def _apply(path: str, back: str) -> str:
    """Write the script that does the changes in `path`, and removes it whatever comes of them.

    While a run holds the host, what takes them `back` is kept for its end (hopthu/remote/lease.sh).
    """
    return f"""
trap 'rm -f {path} {path}.log {back}; rmdir {STAGING} 2>/dev/null' EXIT
if [ -e {STATE}/applying ]; then
    # Before what a run that broke off is still to take back: the newest goes first.
    if [ -e {STATE}/back.ldif ]; then (echo; cat {STATE}/back.ldif) >>{back}; fi
    mv {back} {STATE}/back.ldif
fi
ldapmodify -Q -Y EXTERNAL -H {LDAPI} -f {path} >{path}.log && exit
echo "the directory refused this change, and none after it was tried:" >&2
grep -v '^$' {path}.log | tail -n 1 >&2
exit 1
"""
