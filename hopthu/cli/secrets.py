"""`hopthu secrets`."""

from __future__ import annotations

from pathlib import Path

import click
from cryptography.hazmat.primitives.serialization import Encoding

from hopthu.app import secrets as keys
from hopthu.app.workspace import Workspace
from hopthu.cli.command import command, option
from hopthu.cli.options import FILE, INVENTORY, OUT, WORKSPACE, formats, group
from hopthu.cli.output import note, put, say
from hopthu.i18n.message import Message
from hopthu.inventory.secrets import fingerprint
from hopthu.model.calendar import day_of
from hopthu.model.phrases import describe_day

_ENCODINGS = {"pem": Encoding.PEM, "der": Encoding.DER}


class _Secrets(click.Group):
    """A group whose command `create` need not be named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `create` before arguments that name no command and ask for no help."""
        if args and not {*self.commands, *self.get_help_option_names(ctx)} & set(args):
            args = ["create", *args]
        return super().parse_args(ctx, args)


@group(cls=_Secrets, subcommand_metavar="[COMMAND] INVENTORY")
def secrets() -> None:
    """Create the keys a centre lacks, export its authority's certificate, print the sealed sheet.

    Without COMMAND, `hopthu secrets INVENTORY` creates what is missing.
    """


@command(secrets, short_help="Create the keys and certificates a centre lacks.", changes=True)
def create(inventory: str = INVENTORY, workspace: Workspace = WORKSPACE) -> None:
    """Create the keys and certificates INVENTORY lacks: CA, hosts, DKIM.

    Existing files are never changed, so run it again after adding a host. Secret keys are encrypted
    with age and may go into git; the identity that decrypts them must not, and is created only if
    there is none. To use certificates of another authority, put them in the folder under the same
    names first. The records to publish in the DNS are printed: those of DKIM and DMARC, and those
    of former domains.
    """
    for sentence in keys.create(workspace, inventory):
        say(sentence)


@command(secrets, "ca", short_help="Export the certificate that devices must trust.")
def authority(
    inventory: str = INVENTORY,
    form: str = formats(
        *_ENCODINGS, help="PEM is text; DER is binary, for devices that take no text."
    ),
    out: Path | None = OUT,
    workspace: Workspace = WORKSPACE,
) -> None:
    """Write the certificate of the authority that signed those of the servers of INVENTORY.

    Devices that trust it know the servers. Its SHA-256 fingerprint is printed beside it: whoever
    installs the certificate compares the two. No server is asked, no key is read, and what is
    written holds no secret.

    \b
    For example:
      hopthu secrets ca production -o mail-ca.crt
      hopthu secrets ca production --format der -o mail-ca.cer
    """  # noqa: D301  (click reads the backspace)
    found = keys.authority(workspace, inventory)
    put(found.public_bytes(_ENCODINGS[form]), out)
    note(Message("{name}, valid through {day}; SHA-256 fingerprint: {fingerprint}",
                 name=found.subject.rfc4514_string(), fingerprint=fingerprint(found),
                 day=describe_day(day_of(found.not_valid_after_utc))))  # fmt: skip


@command(secrets, short_help="Print the sheet that is sealed, and rebuilds a lost centre.")
def sheet(
    inventory: str = INVENTORY,
    out: Path = option("-o, --out FILE", type=FILE, required=True, help="Write this new PDF."),
    workspace: Workspace = WORKSPACE,
) -> None:
    """Write a page to print, seal and keep outside the centre of INVENTORY.

    It has the age identity, which decrypts all keys of the centre and with them the copies, and
    says where these are. With it and the copies alone the centre comes back (docs/lost-centre.md).
    Only the owner can read the file, which must be new and outside the repository; remove it once
    it is printed. No server is asked.
    """
    say(*keys.sheet(workspace, inventory, out))
