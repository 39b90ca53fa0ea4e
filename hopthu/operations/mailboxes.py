"""Access to unit mailboxes (Art. 5.1, 7.2).

The access granted on the store is read and compared here, and all changes are made by one call.
Access that is not desired is revoked, whoever granted it.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping

from pyinfra import host
from pyinfra.api import FileUploadCommand, StringCommand, operation

from hopthu import remote
from hopthu.daemons.dovecot import AUTHENTICATION, READERS
from hopthu.desired.host_mailboxes import Shared
from hopthu.operations import unit_readers
from hopthu.operations.host_mailboxes import living_here
from hopthu.operations.run import answers, call, calling, note
from hopthu.operations.unit_access import UNITS, Granted, change_input, changes
from hopthu.remote.host.packing import packed, unpacked
from hopthu.remote.host.unit_access import granted, listed, note_readers


def _granted() -> Granted:
    """Return the access as it is; while a run is checked, as the plan has read it."""
    known = None if host.state.is_executing else answers().granted.get(host.name)
    return Granted.of(known or call(granted, UNITS, READERS))


@operation()
def unit_access(
    readers: Mapping[str, Collection[str]],
    folders: Mapping[str, str],
    quotas: Mapping[str, int],
    read_only: Collection[str],
    share: int,
    homes: Mapping[str, str],
    fqdn: str,
    base: str = "",
    serves: bool = True,
) -> Generator[StringCommand | FileUploadCommand, None, None]:
    """Grant access to each unit mailbox of this store to its head and delegate, and nobody else.

    + readers: user names of the readers by unit
    + folders: the name of each unit's folder
    + quotas: the space of each unit mailbox in bytes
    + read_only: the units that have ended, whose mailboxes nobody changes
    + share: the percentage of it that readers can fill
    + homes: where mailboxes belong, as for `folders.mailboxes`
    + fqdn: name of this host in `homes`
    + base: suffix of the directory with the mailboxes that are to be moved
    + serves: whether the mail is here. A host that stands by notes who reads what, so that they
      can at once when it serves

    **Example:**

    .. code:: python

        mailboxes.unit_access(
            name="Let An and Bình read the department's mailbox",
            readers={"stc": ["an", "binh"]},
            folders={"stc": "Sở Tài chính"},
            quotas={"stc": 10 * 1024**3},
            read_only=[],
            share=90,
            homes={"people/an": "store1.example.vn", "units/stc": "store1.example.vn"},
            fqdn="store1.example.vn",
        )
    """
    note("access")
    here = living_here(homes, fqdn, base)
    wanted = {
        unit: Shared(folders[unit], quotas[unit], frozenset(readers[unit]), unit in read_only)
        for unit in here.units
    }
    if not serves:
        text = unit_readers.text(wanted, share)
        if unpacked(call(listed, READERS)) == text:
            host.noop("the file of readers is up to date")
        else:
            yield from calling(
                lambda: remote.call(note_readers, packed(text), READERS, AUTHENTICATION)
            )
        return
    todo = changes(wanted, share, _granted(), frozenset(here.people))
    if todo is None:
        host.noop(f"access to all {len(here.units)} unit mailboxes is up to date")
        return
    yield from calling(lambda: change_input(todo))
