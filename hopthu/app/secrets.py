"""Create the keys and certificates that a centre lacks, and print or export what they are for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.x509 import Certificate

from hopthu.app.deployment import inventory_of
from hopthu.app.workspace import Workspace
from hopthu.copies.status import keepers
from hopthu.credentials.memory import conceal
from hopthu.credentials.sealed import pdf
from hopthu.credentials.slips import issued_by, write
from hopthu.errors import Refused
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.inventory.secrets import Secrets
from hopthu.model.dns_records import former_records, txt_records
from hopthu.model.phrases import describe_day
from hopthu.validate import read


def create(workspace: Workspace, inventory: str) -> Iterator[Message]:
    """Create what is missing; yield what was created, and the records to publish in the DNS."""
    found = inventory_of(workspace, inventory)
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


def sheet(workspace: Workspace, inventory: str, path: Path) -> Sequence[Message]:
    """Write the sealed sheet as a new PDF, which only its owner can read; return what to do next.

    Raises `HostFailed` if no host keeps copies, `HopthuError` if the identity does not open what
    is in the folder of secrets, `Refused` if the file exists, or would be in the repository, where
    it could be committed.
    """
    conceal()
    found = inventory_of(workspace, inventory)
    keepers(found)
    loaded = read(workspace.root, workspace.on)
    refuse_committed(workspace, path, Message("name a file elsewhere"))
    keys, policy = secrets_of(workspace, found), loaded.policy
    keys.require_identity()
    by = issued_by(loaded.organisation.at(workspace.on), policy.operator)
    try:
        write(path, pdf(keys.key(), found.centre, policy.domain, workspace.on, by))
    except FileExistsError as error:
        raise Refused(
            Message("{path} exists", path=path), fix=Message("name a new file")
        ) from error
    except OSError as error:
        raise Refused(
            Message("{path} cannot be written: {reason}", path=path, reason=error.strerror)
        ) from error
    done = [
        Message(
            "{path}: print it twice, seal both, keep them in two places outside the centre, and"
            " remove the file",
            path=path,
        )
    ]
    if not found.centre.with_role("operator"):
        done.append(
            Message(
                "no host is in group `operator`: copies have neither data nor keys; keep the"
                " repository, with the folder of secrets, outside the centre too"
            )
        )
    return done


def refuse_committed(workspace: Workspace, path: Path, fix: Message) -> None:
    """Raise `Refused` if what is to be written is in the repository; `fix` says what to do."""
    if path.resolve().is_relative_to(workspace.root.resolve()):
        raise Refused(
            Message("{path} is inside the repository, where it could be committed", path=path),
            fix=fix,
        )


def secrets_of(workspace: Workspace, found: Inventory) -> Secrets:
    """Return the keys and certificates of an inventory."""
    data = next(iter(found.data.values()))
    return Secrets(workspace.root / data["secrets"], workspace.root / data["age_identity"])
