"""Who may read which unit mailbox (Art. 5.1, 7.2).

The store is asked what it grants; the difference to what is desired is worked out here and made in
one script. Whatever is granted and not desired is taken away, whoever granted it.
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
"""What head and delegate may do in the unit's mailbox, and the letter of each right in a file of
rights: everything but giving rights away. https://doc.dovecot.org/2.4.1/core/plugins/acl.html"""

LETTERS = frozenset(RIGHTS.values())
_UNITS = f"{MAIL}/units"
_LISTED = "shared/shared-boxes/user/"
_RIGHT = re.compile(r"right \./([^/]+)/Maildir/(?:(.+)/)?dovecot-acl:\"?(.+?)\"? (\S+)")


@dataclass(frozen=True, slots=True)
class Held:
    """What a store holds for its units.

    `rights` has for each unit and folder the letters each identifier (`user=ID`) has; `listed` is
    the sharing map: its keys.
    """

    rights: Mapping[tuple[str, str], Mapping[str, frozenset[str]]] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()


class UnitMailboxes(FactBase[Held]):
    """What a store grants in its unit mailboxes, read from Dovecot's own files of rights."""

    def command(self) -> str:
        """List rights and the sharing map; nothing where there is no store."""
        # Rights lie beside the messages' folders, which may hold very many files.
        inner = " ".join(f"--exclude-dir={name}" for name in ("cur", "new", "tmp", "fts-flatcurve"))
        return (
            f"cd {_UNITS} 2>/dev/null || exit 0; "
            f"grep -rH --include=dovecot-acl {inner} '' . | sed 's/^/right /'; "
            f"sed -n 's#^shared/#listed &#p' {SHARING_MAP} 2>/dev/null || true"
        )

    def process(self, output: list[str]) -> Held:
        """Read the lines of `command`."""
        rights: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
        listed: set[str] = set()
        for line in output:
            kind, _, rest = line.partition(" ")
            if match := _RIGHT.fullmatch(line):
                unit, folder, identifier, letters = match.groups()
                rights.setdefault((unit, folder or "INBOX"), {})[identifier] = frozenset(letters)
            elif kind == "listed":
                listed.add(rest)
        return Held(rights, frozenset(listed))

    @staticmethod
    def default() -> Held:
        """Return what a host without Dovecot holds."""
        return Held()


def changes(wanted: Mapping[str, frozenset[str]], held: Held, people: Collection[str]) -> list[str]:
    """Return the shell commands that make `held` what is `wanted`: each unit and its readers.

    They stop at the first failure. Rights are taken before any are given. Of the readers only the
    `people` who live here are shown the unit's folders; the others are once they have come.
    """
    taken, losers = _taken(wanted, held)
    given = list(_given(wanted, held))
    listed = {f"{_LISTED}{person}/{unit}" for unit, people in wanted.items() for person in people}
    if not taken and not given and listed == held.listed:
        return []
    # Sessions end last: whoever signs in again no longer has the right. Named two people whom it
    # does not find, doveadm 2.4.1 crashes.
    kicks = [shlex.join(["doveadm", "kick", person]) for person in sorted(losers)]
    return [
        *taken,
        *(_set(unit, person) for unit, person in given),
        *_sharing_map(sorted(listed)),
        *(subscribe(unit, person) for unit, person in given if person in people),
        *kicks,
    ]


def _taken(wanted: Mapping[str, frozenset[str]], held: Held) -> tuple[list[str], set[str]]:
    """Return the commands that take undesired rights away, and the people who had them.

    A folder made by a reader was given the rights of that day by Dovecot, so every folder is looked
    at. Of a closed unit Dovecot no longer knows: its files of rights are removed.
    """
    commands: list[str] = []
    losers: set[str] = set()
    for (unit, folder), entries in sorted(held.rights.items()):
        readers = {f"user={person}" for person in wanted.get(unit, ())}
        # What a reader has in INBOX, right or not, is set below.
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


def _given(wanted: Mapping[str, frozenset[str]], held: Held) -> Iterator[tuple[str, str]]:
    """Yield each unit and person whose rights in the unit's INBOX are not what they should be.

    INBOX is enough: `acl_defaults_from_inbox` carries its rights to every folder.
    """
    for unit, people in sorted(wanted.items()):
        entries = held.rights.get((unit, "INBOX"), {})
        for person in sorted(people):
            if entries.get(f"user={person}") != LETTERS:
                yield unit, person


def _set(unit: str, person: str) -> str:
    identifier = f"user={person}"
    return shlex.join(["doveadm", "acl", "set", "-u", unit, "INBOX", identifier, *RIGHTS])


def subscribe(unit: str, person: str) -> str:
    """Return the command that shows a new reader the unit's folders in every mail program."""
    names = [f"{SHARED}/{unit}", *(f"{SHARED}/{unit}/{folder}" for folder in FOLDERS)]
    return shlex.join(["doveadm", "mailbox", "subscribe", "-u", person, *names])


def _sharing_map(keys: Sequence[str]) -> Iterator[str]:
    """Yield the commands that write the whole map: doveadm run by root would make it root's."""
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
    """Let each unit mailbox of this store be read by its head and delegate, and by nobody else.

    + readers: for each unit the user names of its readers; a unit without is read by nobody
    + homes: where mailboxes belong, as for `folders.mailboxes`
    + fqdn: name of this host in `homes`
    + base: suffix of the directory that says which mailboxes wait to be moved

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
    who = living_here(homes, fqdn, base)
    wanted = {unit: frozenset(readers.get(unit, ())) for unit in who.units}
    commands = changes(wanted, host.get_fact(UnitMailboxes), frozenset(who.people))
    if not commands:
        host.noop(f"{len(who.units)} unit mailbox(es) are read by whom they should")
        return
    path = f"{STAGING}/unit-access"
    yield StringCommand(f"install -d -m 700 {STATE} {STATE}/staging {STAGING}")
    yield FileUploadCommand(io.BytesIO(script(commands).encode()), path)
    yield StringCommand(f"sh {path} && rm {path}")
