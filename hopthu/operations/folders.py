"""Mailboxes exist before anybody writes to them or opens them (Art. 4).

Dovecot makes folders when they are first used. Two deliveries at once to a new mailbox then lock
each other out, and 2.4.1 crashes over it.
"""

from __future__ import annotations

import base64
import gzip
import io
import shlex
from collections.abc import Generator, Mapping

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation

from hopthu.daemons.dovecot import FOLDERS, MAIL
from hopthu.operations import effects
from hopthu.operations.host_mailboxes import living_here
from hopthu.operations.host_state import STAGING, STATE

_LIST = f"{STAGING}/new-mailboxes"

# Run for some hundred mailboxes at a time, as many at once as there are processors. doveadm takes
# 1 ms to open a mailbox and 1 ms for each folder it makes, so those that lack the same folders get
# them in one run. What is there is left alone: doveadm would call it an error. INBOX is made by
# looking into it, and last: it cannot be deleted, so the file of its message numbers tells that the
# others have been made.
_MAKE = f"""\
set -eu
lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT
for mailbox; do
    missing=
    for folder in {" ".join(FOLDERS)}; do
        [ -d "{MAIL}/$mailbox/Maildir/$folder" ] || missing="$missing $folder"
    done
    echo "${{mailbox#*/}}" >>"$lists/lack$missing"
    echo "${{mailbox#*/}}" >>"$lists/all"
done
for list in "$lists/lack "*; do
    [ ! -e "$list" ] || doveadm mailbox create -s -F "$list" ${{list#"$lists/lack "}}
done
doveadm mailbox status -F "$lists/all" messages INBOX >/dev/null
"""
_AT_A_TIME = 400
_INBOX = "/Maildir/dovecot-uidlist"


class Mailboxes(FactBase[frozenset[str]]):
    """The mailboxes a store has made, as `people/ID` and `units/ID`."""

    def command(self) -> str:
        """List those that have an INBOX, packed: of 60,000 a line each would take seconds."""
        return (
            f"cd {MAIL} 2>/dev/null || exit 0; "
            f"printf '%s\\n' */*{_INBOX} | gzip -1n | base64 -w 65536"
        )

    def process(self, output: list[str]) -> frozenset[str]:
        """Read the lines of `command`; where there is no mailbox the pattern itself is one."""
        if not output:
            return frozenset()
        listed = gzip.decompress(base64.b64decode("".join(output))).decode().splitlines()
        return frozenset(path.removesuffix(_INBOX) for path in listed) - {"*/*"}

    @staticmethod
    def default() -> frozenset[str]:
        """Return what a host without Dovecot has."""
        return frozenset()


@operation()
def mailboxes(
    homes: Mapping[str, str], fqdn: str, base: str = ""
) -> Generator[StringCommand | FileUploadCommand, None, None]:
    """Make every mailbox that is not there, with the usual folders.

    + homes: the mailboxes there should be on all stores, `people/ID` or `units/ID` → name of the
      host each belongs on
    + fqdn: name of this host in `homes`
    + base: suffix of the directory that says which mailboxes wait to be moved (`hopthuMoving`);
      they count where they still are (`mailHost`). Empty where no mailbox ever moves

    **Example:**

    .. code:: python

        folders.mailboxes(
            name="Make new mailboxes",
            homes={"people/an": "store1.example.vn", "units/stc": "store1.example.vn"},
            fqdn="store1.example.vn",
        )
    """
    effects.note("mailboxes")
    held = host.get_fact(Mailboxes)
    who = living_here(homes, fqdn, base)
    missing = [
        f"{kind}/{name}"
        for kind, names in (("people", who.people), ("units", who.units))
        for name in names
        if f"{kind}/{name}" not in held
    ]
    if not missing:
        host.noop(f"{len(held)} mailbox(es) are there")
        return
    yield StringCommand(f"install -d -m 700 {STATE} {STATE}/staging {STAGING}")
    yield FileUploadCommand(io.BytesIO("".join(f"{m}\n" for m in missing).encode()), _LIST)
    yield FileUploadCommand(io.BytesIO(_MAKE.encode()), f"{_LIST}.sh")
    make = f'xargs -a {_LIST} -P "$(nproc)" -n {_AT_A_TIME} sh {_LIST}.sh'
    clear = f"rm -f {_LIST} {_LIST}.sh; rmdir {STAGING} 2>/dev/null || :"
    yield StringCommand("sh", "-c", shlex.quote(f"trap {shlex.quote(clear)} EXIT; {make}"))
