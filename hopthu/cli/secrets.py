"""`hopthu secrets`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from hopthu.cli.options import common
from hopthu.cli.output import say
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.inventory.secrets import Secrets
from hopthu.model.dns_records import former_records, txt_records
from hopthu.plan.phrases import describe_day
from hopthu.validate import read


@click.command()
@click.argument("inventory")
@common
def secrets(inventory: str, root: Path, on: date, language: str) -> None:
    """Create the keys and certificates INVENTORY lacks: CA, hosts, DKIM.

    Existing files are never changed, so run it again after adding a host. Secret keys are encrypted
    with age and may go into git; the identity that decrypts them must not, and is created only if
    there is none. To use certificates of another authority, put them in the folder under the same
    names first. The records to publish in the DNS are printed: those of DKIM and DMARC, and those
    of former domains.
    """
    found = inventories.load(root, inventory)
    policy = read(root, on).policy
    data = next(iter(found.data.values()))
    keys = Secrets(root / data["secrets"], root / data["age_identity"])
    made = keys.make(found.centre, policy.domain)
    for name in made:
        say(Message("created {file}", file=name), language)
    summary = Message("{number} file(s) created in {folder}", number=len(made), folder=keys.folder)
    say(summary if made else Message("nothing is missing"), language)
    for name, record in txt_records(policy, keys.dkim_record()).items():
        say(
            Message("DNS: publish the TXT record {name}: {record}", name=name, record=record),
            language,
        )
    for each in former_records(policy):
        text = Message(
            "DNS, from {day} on: publish the {kind} record {name}: {record}",
            day=describe_day(each.start), kind=each.kind, name=each.name, record=each.value,
        )  # fmt: skip
        say(text, language)
