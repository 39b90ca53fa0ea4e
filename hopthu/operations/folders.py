"""Create mailboxes before anybody writes to them or opens them (Art. 4).

Dovecot creates folders on first use. Sessions or deliveries that do so at the same time lock each
other out, and Dovecot 2.4.1 crashes. It takes folders that are there as they are.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

from pyinfra import host
from pyinfra.api import FileUploadCommand, StringCommand, operation

from hopthu import remote
from hopthu.daemons.dovecot import FOLDERS, MAIL, OWNER
from hopthu.operations.host_mailboxes import living_here
from hopthu.operations.run import ask, calling, note
from hopthu.remote.host.mailboxes import existing as existing_here
from hopthu.remote.host.mailboxes import make
from hopthu.remote.host.packing import unpacked


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
    yield from calling(lambda: remote.call(make, MAIL, missing, FOLDERS), OWNER)
