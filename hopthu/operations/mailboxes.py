"""Access to unit mailboxes (Art. 5.1, 7.2).

The access granted on the store is read and compared here, and all changes are made by one call.
Access that is not desired is revoked, whoever granted it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass, field

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation

from hopthu import remote
from hopthu.daemons.dovecot import FOLDERS, MAIL, OWNER, SHARED, SHARING_MAP
from hopthu.operations import effects
from hopthu.operations.host_mailboxes import living_here
from hopthu.operations.host_state import STAGING, STATE
from hopthu.remote.host import unit_access as unit_access_there
from hopthu.remote.host.unit_access import Changes

RIGHTS = {
    "lookup": "l", "read": "r", "write": "w", "write-seen": "s", "write-deleted": "t",
    "insert": "i", "post": "p", "expunge": "e", "create": "k", "delete": "x",
}  # fmt: skip
"""The rights of head and delegate in the unit's mailbox, with the letter of each in an ACL file:
all rights except the one to grant rights. https://doc.dovecot.org/2.4.1/core/plugins/acl.html"""

LETTERS = frozenset(RIGHTS.values())
_UNITS = f"{MAIL}/units"
_LISTED = "shared/shared-boxes/user/"
_RIGHT = re.compile(r"right \./([^/]+)/Maildir/(?:(.+)/)?dovecot-acl:\"?(.+?)\"? (\S+)")


@dataclass(frozen=True, slots=True)
class Granted:
    """The access granted on a store to its unit mailboxes.

    `rights` has, for each unit and folder, the letters of each identifier (`user=ID`); `listed` are
    the keys of the sharing map.
    """

    rights: Mapping[tuple[str, str], Mapping[str, frozenset[str]]] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()


class UnitMailboxes(FactBase[Granted]):
    """The access granted to unit mailboxes on a store, read from Dovecot's own ACL files."""

    def command(self) -> str:
        """List the ACLs and the sharing map; nothing if there is no store."""
        # ACL files are next to the folders of messages, which may contain very many files.
        inner = " ".join(f"--exclude-dir={name}" for name in ("cur", "new", "tmp", "fts-flatcurve"))
        return (
            f"cd {_UNITS} 2>/dev/null || exit 0; "
            f"grep -rH --include=dovecot-acl {inner} '' . | sed 's/^/right /'; "
            f"sed -n 's#^shared/#listed &#p' {SHARING_MAP} 2>/dev/null || true"
        )

    def process(self, output: list[str]) -> Granted:
        """Parse the output."""
        rights: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
        listed: set[str] = set()
        for line in output:
            kind, _, rest = line.partition(" ")
            if match := _RIGHT.fullmatch(line):
                unit, folder, identifier, letters = match.groups()
                rights.setdefault((unit, folder or "INBOX"), {})[identifier] = frozenset(letters)
            elif kind == "listed":
                listed.add(rest)
        return Granted(rights, frozenset(listed))

    @staticmethod
    def default() -> Granted:
        """Return the result for a host without Dovecot."""
        return Granted()


def changes(
    wanted: Mapping[str, frozenset[str]],
    granted: Granted,
    people: Collection[str],
    moved: Collection[str] = (),
) -> Changes | None:
    """Return what changes the `granted` access to the `wanted` readers by unit, None if nothing.

    Access is revoked before any is granted. Only readers among the `people` on this host are
    subscribed to the unit's folders; the others once they have `moved` here, they or the unit.
    """
    revoked, emptied, losers = _revocations(wanted, granted)
    missing = list(_missing(wanted, granted))
    listed = {f"{_LISTED}{person}/{unit}" for unit, people in wanted.items() for person in people}
    arrived = [
        (unit, person)
        for unit, readers in sorted(wanted.items())
        for person in sorted(readers)
        if unit in moved or person in moved
    ]
    new = dict.fromkeys((*missing, *arrived))
    if not (revoked or emptied or new or listed != granted.listed):
        return None
    return {
        "revoked": revoked,
        "emptied": emptied,
        "granted": missing,
        "listed": sorted(listed),
        "subscribed": [(person, _folders(unit)) for unit, person in new if person in people],
        "ended": sorted(losers),
    }


def call(changes: Changes) -> bytes:
    """Return the input of `remote.CALL` with which a store makes the changes."""
    return remote.call(unit_access_there.change, changes, [*RIGHTS], SHARING_MAP, OWNER)


def _revocations(
    wanted: Mapping[str, frozenset[str]], granted: Granted
) -> tuple[list[tuple[str, str, str]], list[str], set[str]]:
    """Return undesired access by unit, folder and identifier, ACL files, and who loses it.

    Dovecot copies the rights to every folder that a reader creates, so every folder is checked.
    Dovecot no longer knows the mailbox of a closed unit, so its ACL files are removed.
    """
    revoked, emptied, losers = list[tuple[str, str, str]](), list[str](), set[str]()
    for (unit, folder), entries in sorted(granted.rights.items()):
        readers = {f"user={person}" for person in wanted.get(unit, ())}
        # The rights of a reader in INBOX, correct or not, are set anew.
        undesired = [
            identifier
            for identifier, letters in sorted(entries.items())
            if identifier not in readers or (folder != "INBOX" and letters != LETTERS)
        ]
        lost = (i for i in undesired if i not in readers and i.startswith("user="))
        losers.update(identifier.removeprefix("user=") for identifier in lost)
        if undesired and unit not in wanted:
            inner = "" if folder == "INBOX" else f"{folder}/"
            emptied.append(f"{_UNITS}/{unit}/Maildir/{inner}dovecot-acl")
        else:
            revoked += [(unit, folder, identifier) for identifier in undesired]
    return revoked, emptied, losers


def _missing(wanted: Mapping[str, frozenset[str]], granted: Granted) -> Iterator[tuple[str, str]]:
    """Yield each unit and person whose rights in the unit's INBOX are missing or wrong.

    INBOX is enough: `acl_defaults_from_inbox` applies its rights to every folder.
    """
    for unit, people in sorted(wanted.items()):
        entries = granted.rights.get((unit, "INBOX"), {})
        for person in sorted(people):
            if entries.get(f"user={person}") != LETTERS:
                yield unit, person


def _folders(unit: str) -> list[str]:
    """Return the unit's folders, as its readers see them."""
    return [f"{SHARED}/{unit}", *(f"{SHARED}/{unit}/{folder}" for folder in FOLDERS)]


@operation()
def unit_access(
    readers: Mapping[str, Collection[str]], homes: Mapping[str, str], fqdn: str, base: str = ""
) -> Generator[StringCommand | FileUploadCommand, None, None]:
    """Grant access to each unit mailbox of this store to its head and delegate, and nobody else.

    + readers: user names of the readers by unit; a unit that is missing has no readers
    + homes: where mailboxes belong, as for `folders.mailboxes`
    + fqdn: name of this host in `homes`
    + base: suffix of the directory with the mailboxes that are to be moved

    **Example:**

    .. code:: python

        mailboxes.unit_access(
            name="Let An and Bình read the department's mailbox",
            readers={"stc": ["an", "binh"]},
            homes={"people/an": "store1.example.vn", "units/stc": "store1.example.vn"},
            fqdn="store1.example.vn",
        )
    """
    effects.note("access")
    here = living_here(homes, fqdn, base)
    wanted = {unit: frozenset(readers.get(unit, ())) for unit in here.units}
    todo = changes(wanted, host.get_fact(UnitMailboxes), frozenset(here.people))
    if todo is None:
        host.noop(f"access to all {len(here.units)} unit mailboxes is up to date")
        return
    path = f"{STAGING}/unit-access"
    yield StringCommand(f"install -d -m 700 {STATE} {STATE}/staging {STAGING}")
    yield FileUploadCommand(io.BytesIO(call(todo)), path)
    yield StringCommand(f"{remote.CALL} <{path} && rm {path}")
