"""Create the keys and certificates that a centre lacks, and look at its authority's."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.x509 import Certificate

from hopthu.app.workspace import Workspace
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.inventory.secrets import Secrets
from hopthu.model.dns_records import former_records, txt_records
from hopthu.plan.phrases import describe_day
from hopthu.validate import read


def create(workspace: Workspace, inventory: str) -> Iterator[Message]:
    """Create what is missing; yield what was created, and the records to publish in the DNS."""
    found = inventories.load(workspace.root, inventory)
    policy = read(workspace.root, workspace.on).policy
    keys = secrets_of(workspace, found)
    made = keys.make(found.centre, policy.domain, workspace.clock())
    for name in made:
        yield Message("created {file}", file=name)
    summary = Message("{number} file(s) created in {folder}", number=len(made), folder=keys.folder)
    yield summary if made else Message("nothing is missing")
    for name, record in txt_records(policy, keys.dkim_record()).items():
        yield Message("DNS: publish the TXT record {name}: {record}", name=name, record=record)
    for each in former_records(policy):
        yield Message("DNS, from {day} on: publish the {kind} record {name}: {record}",
                      day=describe_day(each.start), kind=each.kind, name=each.name,
                      record=each.value)  # fmt: skip


def authority(workspace: Workspace, inventory: str) -> Certificate:
    """Return the certificate of the authority that signed those of the servers."""
    return secrets_of(workspace, inventories.load(workspace.root, inventory)).authority()


def secrets_of(workspace: Workspace, found: Inventory) -> Secrets:
    """Return the keys and certificates of an inventory."""
    data = next(iter(found.data.values()))
    return Secrets(workspace.root / data["secrets"], workspace.root / data["age_identity"])
