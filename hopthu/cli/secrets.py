"""`hopthu secrets`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from hopthu.cli.options import common
from hopthu.inventory import loader as inventories
from hopthu.inventory.secrets import Secrets
from hopthu.validate import read


@click.command()
@click.argument("inventory")
@common
def secrets(inventory: str, root: Path, on: date) -> None:
    """Make the keys and certificates INVENTORY lacks: CA, hosts, DKIM.

    What exists is never touched, so run it again after adding a host. Secret keys are written
    age-encrypted (they may go into git); the identity that opens them must not, and is made only
    if there is none. To use certificates of an authority of your own, put them in the folder under
    the same names first.
    """
    found = inventories.load(root, inventory)
    domain = read(root, on).policy.domain
    data = next(iter(found.data.values()))
    keys = Secrets(root / data["secrets"], root / data["age_identity"])
    made = keys.make(found.centre, domain)
    for name in made:
        click.echo(f"made {name}")
    click.echo(f"{len(made)} file(s) made in {keys.folder}" if made else "nothing was missing")
    click.echo(f"DNS: publish the DKIM key: {keys.dkim_record()}")
