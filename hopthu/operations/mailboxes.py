"""Access to unit mailboxes (Art. 5.1, 7.2).

The access granted on the store is read and compared here, and all changes are made by one script.
Access that is not desired is revoked, whoever granted it.
"""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation

from hopthu.daemons.dovecot import FOLDERS, MAIL, OWNER, SHARED, SHARING_MAP
from hopthu.operations import effects
from hopthu.operations.host_mailboxes import living_here
from hopthu.operations.host_state import STAGING, STATE

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
    wanted: Mapping[str, frozenset[str]], granted: Granted, people: Collection[str]
) -> list[str]:
    """Return the shell commands that change the `granted` access to the `wanted` readers by unit.

    They stop at the first failure. Access is revoked before any is granted. Only readers among the
    `people` on this host are subscribed to the unit's folders; the others once they have moved
    here.
    """
    revocations, losers = _revocations(wanted, granted)
    missing = list(_missing(wanted, granted))
    listed = {f"{_LISTED}{person}/{unit}" for unit, people in wanted.items() for person in people}
    if not revocations and not missing and listed == granted.listed:
        return []
    # Sessions are ended last, so that whoever signs in again no longer has access. One person at a
    # time: doveadm 2.4.1 crashes if it is given two people that it does not find.
    kicks = [shlex.join(["doveadm", "kick", person]) for person in sorted(losers)]
    return [
        *revocations,
        *(_grant(unit, person) for unit, person in missing),
        *_sharing_map(sorted(listed)),
        *(subscribe(unit, person) for unit, person in missing if person in people),
        *kicks,
    ]


def _revocations(
    wanted: Mapping[str, frozenset[str]], granted: Granted
) -> tuple[list[str], set[str]]:
    """Return the commands that revoke undesired access, and the people who had it.

    Dovecot copies the rights to every folder that a reader creates, so every folder is checked.
    Dovecot no longer knows the mailbox of a closed unit, so its ACL files are removed.
    """
    commands: list[str] = []
    losers: set[str] = set()
    for (unit, folder), entries in sorted(granted.rights.items()):
        readers = {f"user={person}" for person in wanted.get(unit, ())}
        # The rights of a reader in INBOX, correct or not, are set by `_grant`.
        undesired = [
            identifier
            for identifier, letters in sorted(entries.items())
            if identifier not in readers or (folder != "INBOX" and letters != LETTERS)
        ]
        lost = (i for i in undesired if i not in readers and i.startswith("user="))
        losers.update(identifier.removeprefix("user=") for identifier in lost)
        if undesired and unit not in wanted:
            inner = "" if folder == "INBOX" else f"{folder}/"
            commands.append(shlex.join(["rm", "-f", f"{_UNITS}/{unit}/Maildir/{inner}dovecot-acl"]))
        elif undesired:
            delete = ["doveadm", "acl", "delete", "-u", unit, "--", folder]
            commands += [shlex.join([*delete, identifier]) for identifier in undesired]
    return commands, losers


def _missing(wanted: Mapping[str, frozenset[str]], granted: Granted) -> Iterator[tuple[str, str]]:
    """Yield each unit and person whose rights in the unit's INBOX are missing or wrong.

    INBOX is enough: `acl_defaults_from_inbox` applies its rights to every folder.
    """
    for unit, people in sorted(wanted.items()):
        entries = granted.rights.get((unit, "INBOX"), {})
        for person in sorted(people):
            if entries.get(f"user={person}") != LETTERS:
                yield unit, person


def _grant(unit: str, person: str) -> str:
    identifier = f"user={person}"
    return shlex.join(["doveadm", "acl", "set", "-u", unit, "INBOX", identifier, *RIGHTS])


def subscribe(unit: str, person: str) -> str:
    """Return the command that subscribes a new reader to the unit's folders."""
    names = [f"{SHARED}/{unit}", *(f"{SHARED}/{unit}/{folder}" for folder in FOLDERS)]
    return shlex.join(["doveadm", "mailbox", "subscribe", "-u", person, *names])


def _sharing_map(keys: Sequence[str]) -> Iterator[str]:
    """Yield the commands that write the whole map; doveadm as root would make root its owner."""
    lines = "".join(f"{key}\n1\n" for key in keys)
    yield f"cat >{SHARING_MAP}.new <<'END'\n{lines}END"
    yield f"chown {OWNER}:{OWNER} {SHARING_MAP}.new && mv -f {SHARING_MAP}.new {SHARING_MAP}"


def script(commands: Sequence[str]) -> str:
    """Return the shell script that runs `commands` up to the first that fails."""
    return "\n".join(["set -eu", "umask 077", *commands, ""])


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
    commands = changes(wanted, host.get_fact(UnitMailboxes), frozenset(here.people))
    if not commands:
        host.noop(f"access to all {len(here.units)} unit mailboxes is up to date")
        return
    path = f"{STAGING}/unit-access"
    yield StringCommand(f"install -d -m 700 {STATE} {STATE}/staging {STAGING}")
    yield FileUploadCommand(io.BytesIO(script(commands).encode()), path)
    yield StringCommand(f"sh {path} && rm {path}")
