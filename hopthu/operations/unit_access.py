"""Access to unit mailboxes (Art. 5.1, 7.2): what a store grants, and what corrects it.

Access that is not desired is revoked, whoever granted it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from hopthu import remote
from hopthu.daemons.dovecot import FOLDERS, MAIL, OWNER, SHARED, SHARING_MAP
from hopthu.remote.host import unit_access as on_host
from hopthu.remote.host.unit_access import Changes

_ORDER = "kxeilprwts"
"""Rights in the order in which Dovecot writes them: what it rewrites is the same, and no drift."""

LETTERS = frozenset(_ORDER)
"""The rights of head and delegate in the unit's mailbox: all except the one to grant rights (`a`).
https://doc.dovecot.org/2.4.1/core/plugins/acl.html"""

UNITS = f"{MAIL}/units"
_LISTED = "shared/shared-boxes/user/"


@dataclass(frozen=True, slots=True)
class Granted:
    """The access granted on a store to its unit mailboxes.

    `rights` has, for each unit and folder, the letters of each identifier (`user=ID`); `listed` are
    the keys of the sharing map.
    """

    rights: Mapping[tuple[str, str], Mapping[str, frozenset[str]]] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, answer: on_host.Granted) -> Granted:
        """Return what a store has answered."""
        rights: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
        for unit, folder, identifier, letters in answer["rights"]:
            rights.setdefault((unit, folder), {})[identifier] = frozenset(letters)
        return cls(rights, frozenset(answer["listed"]))


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
    revoked, losers = _revocations(wanted, granted)
    missing = list(_missing(wanted, granted))
    listed = {f"{_LISTED}{person}/{unit}" for unit, people in wanted.items() for person in people}
    arrived = [
        (unit, person)
        for unit, readers in sorted(wanted.items())
        for person in sorted(readers)
        if unit in moved or person in moved
    ]
    # A host ends sessions before it writes its map: what is left there are sessions that may go on.
    left = (key.removeprefix(_LISTED).partition("/") for key in granted.listed - listed)
    losers.update(person for person, _, unit in left if unit in wanted)
    new = dict.fromkeys((*missing, *arrived))
    if not (revoked or new or listed != granted.listed):
        return None
    subscribed: dict[str, list[str]] = {}
    for unit, person in new:
        if person in people:
            subscribed.setdefault(person, []).extend(_folders(unit))
    return {
        "revoked": revoked,
        "ended": sorted(losers),
        "granted": [
            _acl(unit, "INBOX", dict.fromkeys(map(_identifier, wanted[unit]), LETTERS))
            for unit in dict.fromkeys(unit for unit, _ in missing)
        ],
        "listed": sorted(listed),
        "subscribed": subscribed,
    }


def change_input(changes: Changes) -> bytes:
    """Return the input of `remote.CALL` with which a store makes the changes."""
    return remote.call(on_host.change, changes, MAIL, SHARING_MAP, OWNER)


def _revocations(
    wanted: Mapping[str, frozenset[str]], granted: Granted
) -> tuple[list[tuple[str, str]], set[str]]:
    """Return the ACL files with undesired access, without it, and who loses access.

    Dovecot copies the rights to every folder that a reader creates, so every folder is checked.
    """
    revoked, losers = list[tuple[str, str]](), set[str]()
    for (unit, folder), entries in sorted(granted.rights.items()):
        readers = {*map(_identifier, wanted.get(unit, ()))}
        # The rights of a reader in INBOX, correct or not, are set anew.
        kept = {
            identifier: letters
            for identifier, letters in entries.items()
            if identifier in readers and (folder == "INBOX" or letters == LETTERS)
        }
        if kept != entries:
            revoked.append(_acl(unit, folder, kept))
        lost = (i for i in entries if i not in readers and i.startswith(_identifier("")))
        losers.update(identifier.removeprefix(_identifier("")) for identifier in lost)
    return revoked, losers


def _acl(unit: str, folder: str, entries: Mapping[str, frozenset[str]]) -> tuple[str, str]:
    """Return a folder, below those of all units, and what its ACL file has."""
    inner = "" if folder == "INBOX" else f"/{folder}"
    rights = (
        f"{identifier} {''.join(sorted(letters, key=_ORDER.find))}\n"
        for identifier, letters in sorted(entries.items())
    )
    return f"{unit}/Maildir{inner}", "".join(rights)


def _identifier(person: str) -> str:
    return f"user={person}"


def _missing(wanted: Mapping[str, frozenset[str]], granted: Granted) -> Iterator[tuple[str, str]]:
    """Yield each unit and person whose rights in the unit's INBOX are missing or wrong.

    INBOX is enough: `acl_defaults_from_inbox` applies its rights to every folder.
    """
    for unit, people in sorted(wanted.items()):
        entries = granted.rights.get((unit, "INBOX"), {})
        for person in sorted(people):
            if entries.get(_identifier(person)) != LETTERS:
                yield unit, person


def _folders(unit: str) -> list[str]:
    """Return the unit's folders, as its readers see them."""
    return [f"{SHARED}/{unit}/{folder}" for folder in ("INBOX", *FOLDERS)]
