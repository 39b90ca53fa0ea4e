"""Mailboxes exist before anybody writes to them or opens them (Art. 4).

Dovecot makes folders when they are first used. Two deliveries at once to a new mailbox then lock
each other out, and 2.4.1 crashes over it.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Mapping, Sequence

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation

from hopthu.operations.config import STAGING, STATE
from hopthu.render.dovecot import FOLDERS, MAIL

_LIST = f"{STAGING}/new-mailboxes"

# One run of doveadm for each folder, 2 ms a mailbox. What is there is left alone: doveadm would
# call it an error. INBOX is made by looking into it, and last: it cannot be deleted, so the file of
# its message numbers tells that the others have been made.
_MAKE = f"""\
set -eu
trap 'rm -f {_LIST} {_LIST}.without' EXIT
for folder in {" ".join(FOLDERS)}; do
    while read -r kind name; do
        [ -d "{MAIL}/$kind/$name/Maildir/$folder" ] || echo "$name"
    done <{_LIST} >{_LIST}.without
    [ ! -s {_LIST}.without ] || doveadm mailbox create -s -F {_LIST}.without "$folder"
done
cut -d ' ' -f 2 <{_LIST} >{_LIST}.without
doveadm mailbox status -F {_LIST}.without messages INBOX >/dev/null
"""


class Mailboxes(FactBase[frozenset[str]]):
    """The mailboxes a store has made, as `people/ID` and `units/ID`."""

    def command(self) -> str:
        """List those that have an INBOX."""
        return (
            f"cd {MAIL} 2>/dev/null || exit 0; "
            "for file in */*/Maildir/dovecot-uidlist; do "
            '[ ! -e "$file" ] || echo "${file%/Maildir/*}"; done'
        )

    def process(self, output: list[str]) -> frozenset[str]:
        """Read the lines of `command`."""
        return frozenset(output)

    @staticmethod
    def default() -> frozenset[str]:
        """Return what a host without Dovecot has."""
        return frozenset()


@operation()
def mailboxes(
    wanted: Mapping[str, Sequence[str]],
) -> Generator[StringCommand | FileUploadCommand, None, None]:
    """Make every mailbox that is not there, with the usual folders.

    + wanted: the ids of `people` and of `units` whose mailboxes live here
    """
    held = host.get_fact(Mailboxes)
    missing = [
        f"{kind} {name}"
        for kind, names in sorted(wanted.items())
        for name in names
        if f"{kind}/{name}" not in held
    ]
    if not missing:
        host.noop(f"{len(held)} mailbox(es) are there")
        return
    yield StringCommand(f"install -d -m 700 {STATE} {STATE}/staging {STAGING}")
    yield FileUploadCommand(io.BytesIO("".join(f"{m}\n" for m in missing).encode()), _LIST)
    yield FileUploadCommand(io.BytesIO(_MAKE.encode()), f"{_LIST}.sh")
    yield StringCommand(f"sh {_LIST}.sh && rm {_LIST}.sh")
