"""The site of the pyinfra run in progress, for deploys."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from pyinfra import host

from hopthu.daemons.site import Site, declared
from hopthu.desired.state import desired
from hopthu.inventory import loader
from hopthu.inventory.secrets import Secrets
from hopthu.inventory.topology import Centre
from hopthu.model.calendar import day_of
from hopthu.validate import read


def site_of_run() -> Site:
    """Return the site that the run was given; pyinfra's own command line gives none.

    Then it is read once, from the folder and the inventory of the run, as of the day that its data
    names, else today. Raises `DataError` if the data is not valid.
    """
    if given := host.data.get("site"):
        return given  # type: ignore[no-any-return]
    data = host.data
    root = Path(host.state.cwd or Path.cwd())
    folder, identity = root / data.get("secrets"), root / data.get("age_identity")
    centre = loader.of_pyinfra(host.state.inventory)
    return _read(root, str(data.get("on") or ""), centre, folder, identity)


@cache
def _read(root: Path, on: str, centre: Centre, folder: Path, identity: Path) -> Site:
    day = date.fromisoformat(on) if on else day_of(datetime.now(UTC))
    loaded = read(root, day)
    centre = centre.serving(loaded.policy.stores.serving)
    declared(centre, loaded.policy)
    state = desired(loaded.organisation, loaded.policy, day)
    return Site.made(root, centre, Secrets(folder, identity), loaded.policy, state)
