"""Folders, and files that are empty at first, which daemons need before they start.

pyinfra's `files.directory` does the same, but asks the host for each folder by itself.
"""

from __future__ import annotations

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import StringCommand, operation

from hopthu import remote
from hopthu.operations.run import ask, calling, surveyed
from hopthu.remote.host.places import found, make, seen_as


@operation()
def there(
    path: str, user: str, group: str, mode: int, folder: bool = True
) -> Generator[StringCommand, None, None]:
    """Have a folder or file, with its owner and mode; what is in it is left as it is.

    + path: where it is
    + user: name of its owner, who must exist when this runs
    + group: name of its group, likewise
    + mode: its permissions
    + folder: whether it is a folder, or a file

    **Example:**

    .. code:: python

        places.there(
            name="Create /var/vmail", path="/var/vmail", user="vmail", group="vmail", mode=0o700
        )
    """
    wanted = seen_as(user, group, mode, folder=folder)
    known = surveyed()["places"]
    seen = known[path] if path in known else ask(found, [path])[path]
    if seen == wanted:
        host.noop(f"{path} is as it should be")
        return
    yield from calling(lambda: remote.call(make, path, user, group, mode, folder))
