"""Access to unit mailboxes (Art. 5.1, 7.2): what a store grants, and what corrects it.

Access that is not desired is revoked, whoever granted it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from hopthu import remote
from hopthu.daemons.dovecot import AUTHENTICATION, FOLDERS, MAIL, OWNER, READERS, SHARED
from hopthu.desired.host_mailboxes import Shared
from hopthu.operations import unit_readers
from hopthu.remote.host import unit_access as on_host
from hopthu.remote.host.packing import packed, unpacked
from hopthu.remote.host.unit_access import Changes

_ORDER = "kxeilprwts"
"""Rights in the order in which Dovecot writes them: what it rewrites is the same, and no drift."""

LETTERS = frozenset(_ORDER)
"""The rights of head and delegate in the unit's mailbox: all except the one to grant rights (`a`).
https://doc.dovecot.org/2.4.1/core/plugins/acl.html"""

_SENT = LETTERS - {"i", "x"}
"""The rights in Sent: delivery files there what is sent, so that each letter is there once."""

_OF_FOLDERS = {"INBOX": LETTERS, "Sent": _SENT}
"""The folders that have rights of their own; those of INBOX apply to all others."""

READ = frozenset("lrs")
"""The rights in a mailbox that is read only: what each has read there is their own mark."""

_UNREAD = Shared("", 0)
"""A mailbox that nobody reads."""

UNITS = f"{MAIL}/units"


@dataclass(frozen=True, slots=True)
class Granted:
    """The access granted on a store to its unit mailboxes.

    `rights` has, for each unit and folder, the letters of each identifier (`user=ID`); `listed` is
    the file of readers.
    """

    rights: Mapping[tuple[str, str], Mapping[str, frozenset[str]]] = field(default_factory=dict)
    listed: str = ""

    @classmethod
    def of(cls, answer: on_host.Granted) -> Granted:
        """Return what a store has answered."""
        rights: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
        for unit, folder, identifier, letters in answer["rights"]:
            rights.setdefault((unit, folder), {})[identifier] = frozenset(letters)
        return cls(rights, unpacked(answer["listed"]))


def changes(
    shared: Mapping[str, Shared],
    share: int,
    granted: Granted,
    people: Collection[str],
    moved: Collection[str] = (),
) -> Changes | None:
    """Return what changes the `granted` access to that of the `shared` mailboxes, None if nothing.

    Readers can fill `share` percent of a mailbox. Access is revoked before any is granted. Only
    readers among the `people` on this host are subscribed to the unit's folders; the others once
    they have `moved` here, they or the unit.
    """
    revoked, losers = _revocations(shared, granted)
    lacking = list(_lacking(shared, granted))
    listed = unit_readers.text(shared, share)
    was, now = on_host.by_person(granted.listed), on_host.by_person(listed)
    # A session goes on with the folders, names and quotas that it began with.
    ended = losers | {person for person in {**was, **now} if was.get(person) != now.get(person)}
    new = [
        (person, unit)
        for person, line in now.items()
        for unit in unit_readers.units(line)
        if unit not in unit_readers.units(was.get(person, "")) or {unit, person} & {*moved}
    ]
    if not (revoked or lacking or new or listed != granted.listed):
        return None
    return {
        "revoked": revoked,
        "subscribed": [(person, unit) for person, unit in new if person in people],
        "listed": packed(listed),
        "ended": sorted(ended),
        "granted": [
            _acl(unit, folder, dict.fromkeys(map(_identifier, shared[unit].readers), letters))
            for unit, folder, letters in lacking
        ],
    }


def change_input(changes: Changes) -> bytes:
    """Return the input of `remote.CALL` with which a store makes the changes."""
    folders: on_host.Folders = {"usual": FOLDERS, "above": SHARED}
    return remote.call(on_host.change, changes, MAIL, OWNER, folders, READERS, AUTHENTICATION)


def rights(*, read_only: bool) -> Mapping[str, frozenset[str]]:
    """Return the rights of readers in the folders of a mailbox that have some of their own."""
    return {"INBOX": READ} if read_only else _OF_FOLDERS


def _revocations(
    shared: Mapping[str, Shared], granted: Granted
) -> tuple[list[tuple[str, str]], set[str]]:
    """Return the ACL files with undesired access, without it, and who loses access.

    Dovecot copies the rights to every folder that a reader creates, so every folder is checked.
    """
    revoked, losers = list[tuple[str, str]](), set[str]()
    for (unit, folder), entries in sorted(granted.rights.items()):
        wanted = shared.get(unit, _UNREAD)
        readers, meant = {*map(_identifier, wanted.readers)}, rights(read_only=wanted.read_only)
        # The rights of a reader in INBOX and Sent, correct or not, are set anew.
        kept = {
            identifier: letters
            for identifier, letters in entries.items()
            if identifier in readers and (folder in meant or letters == meant["INBOX"])
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


def _lacking(
    shared: Mapping[str, Shared], granted: Granted
) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield each unit and folder in which rights of readers are missing or wrong, with the rights.

    Those of INBOX are enough for most: `acl_defaults_from_inbox` applies them to every folder.
    """
    for unit, each in sorted(shared.items()):
        for folder, letters in rights(read_only=each.read_only).items():
            entries = granted.rights.get((unit, folder), {})
            if any(entries.get(_identifier(person)) != letters for person in each.readers):
                yield unit, folder, letters
