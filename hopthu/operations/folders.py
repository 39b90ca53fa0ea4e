"""Create mailboxes before anybody writes to them or opens them (Art. 4).

Dovecot creates folders on first use. Two simultaneous deliveries to a new mailbox then lock each
other out, and Dovecot 2.4.1 crashes.
"""

from __future__ import annotations

import io
import shlex
from collections.abc import Generator, Mapping

from pyinfra import host
from pyinfra.api import FileUploadCommand, StringCommand, operation

from hopthu.daemons.dovecot import FOLDERS, MAIL
from hopthu.operations.host_mailboxes import living_here
from hopthu.operations.host_state import STAGING, STATE
from hopthu.operations.run import ask, note
from hopthu.remote.host.mailboxes import existing as existing_here
from hopthu.remote.host.packing import unpacked

_LIST = f"{STAGING}/new-mailboxes"

# Run for some hundred mailboxes at a time, in parallel on all processors. doveadm takes 1 ms to
# open a mailbox and 1 ms for each folder it creates, so mailboxes that lack the same folders are
# handled in one run. Existing folders are skipped: doveadm would treat them as an error. INBOX is
# created last, by asking for its status; it cannot be deleted, so its index file shows that the
# others have been created.
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


@operation()
def mailboxes(
    homes: Mapping[str, str], fqdn: str, base: str = ""
) -> Generator[StringCommand | FileUploadCommand, None, None]:
    """Create every missing mailbox, with the usual folders.

    + homes: the mailboxes of all stores, `people/ID` or `units/ID` → FQDN of the host each belongs
      on
    + fqdn: name of this host in `homes`
    + base: suffix of the directory with the mailboxes that are to be moved (`hopthuMoving`), which
      are still on their old host (`mailHost`). Empty if mailboxes are never moved

    **Example:**

    .. code:: python

        folders.mailboxes(
            name="Create new mailboxes",
            homes={"people/an": "store1.example.vn", "units/stc": "store1.example.vn"},
            fqdn="store1.example.vn",
        )
    """
    note("mailboxes")
    # It may be out of date: a mailbox that exists is not created again.
    existing = frozenset(unpacked(ask(existing_here, MAIL)).splitlines())
    here = living_here(homes, fqdn, base)
    missing = [
        f"{kind}/{name}"
        for kind, names in (("people", here.people), ("units", here.units))
        for name in names
        if f"{kind}/{name}" not in existing
    ]
    if not missing:
        host.noop(f"all {len(existing)} mailboxes exist")
        return
    yield StringCommand(f"install -d -m 700 {STATE} {STATE}/staging {STAGING}")
    yield FileUploadCommand(io.BytesIO("".join(f"{m}\n" for m in missing).encode()), _LIST)
    yield FileUploadCommand(io.BytesIO(_MAKE.encode()), f"{_LIST}.sh")
    make = f'xargs -a {_LIST} -P "$(nproc)" -n {_AT_A_TIME} sh {_LIST}.sh'
    clear = f"rm -f {_LIST} {_LIST}.sh; rmdir {STAGING} 2>/dev/null || :"
    yield StringCommand("sh", "-c", shlex.quote(f"trap {shlex.quote(clear)} EXIT; {make}"))
