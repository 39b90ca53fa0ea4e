"""Folders, and files that are empty at first, which daemons need before they start.

pyinfra's `files.directory` does the same, but asks the host for each folder by itself.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

from pyinfra import host
from pyinfra.api import StringCommand, operation

from hopthu import remote
from hopthu.operations.run import ask, calling, surveyed
from hopthu.remote.host.places import found, make


@operation()
def present(places: Mapping[str, str]) -> Generator[StringCommand, None, None]:
    """Have folders and files, with their owners and modes; what is in them is kept.

    + places: path → kind, mode, owner and group (`seen_as`), which must exist when this runs;
      parents come before what is in them

    **Example:**

    .. code:: python

        places.present(
            name="Create folders",
            places={
                "/var/vmail": "folder 700 vmail vmail",
                "/var/vmail/people": "folder 700 vmail vmail",
            },
        )
    """
    known = surveyed()["places"]
    if unknown := [path for path in places if path not in known]:
        known = known | ask(found, unknown)
    missing = {path: wanted for path, wanted in places.items() if known[path] != wanted}
    if not missing:
        host.noop(f"all {len(places)} folders and files are as they should be")
        return
    yield from calling(lambda: remote.call(make, missing))
