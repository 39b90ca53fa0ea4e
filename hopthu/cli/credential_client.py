"""`hopthu credential client` and `revoke`: passwords for single mail programs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from hopthu.cli import credential_job
from hopthu.cli.credential_job import (
    Wanted,
    basis_option,
    begin,
    begin_showing,
    carry_out,
    slips_option,
)
from hopthu.cli.options import common
from hopthu.cli.output import say
from hopthu.credentials import selection
from hopthu.credentials.client import label_of, refuse_another
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.ssh import Ssh


@click.command(short_help="Issue a password for one mail program.")
@click.argument("person")
@click.argument("inventory")
@click.option("--label", required=True, metavar="LABEL",
              help="What it is for, such as the device: to revoke it later.")  # fmt: skip
@basis_option
@slips_option
@common
def client(
    person: str,
    inventory: str,
    root: Path,
    on: date,
    label: str,
    document: str,
    slips: Path | None,
    language: str,
) -> None:
    """Issue a client password: one for a single mail program of PERSON, an id or an address.

    It is made by machine, too long to guess, never locked by wrong tries, and shown once. It reads
    and sends mail until it is revoked, also from networks in which the policy lets only client
    passwords sign in (`networks.NAME.sign_in`).
    """
    label = label_of(label)
    job = begin_showing(root, on, inventory, slips)
    chosen = selection.named(job.loaded, on, [person])
    with Ssh() as ssh:
        hosts = job.servers(ssh)
        selection.may_sign_in(chosen, hosts.sign_ins())
        refuse_another(chosen[0].id, hosts.clients(chosen[0].id), label, inventory)
        carry_out(job, hosts, chosen, document, language, Wanted(own=False, client=label))


@click.command(short_help="Take client passwords away.")
@click.argument("person")
@click.argument("inventory")
@click.option("--label", "labels", multiple=True, metavar="LABEL",
              help="The client password with this label; may be repeated.")  # fmt: skip
@click.option("--all", "every", is_flag=True, help="All client passwords of the person.")
@basis_option
@common
def revoke(
    person: str,
    inventory: str,
    root: Path,
    on: date,
    labels: tuple[str, ...],
    every: bool,
    document: str,
    language: str,
) -> None:
    """Take client passwords of PERSON away, an id or an address: a device is lost, or replaced.

    They stop working on every host, and open sessions of the person end; programs that have
    another password sign in again by themselves. `hopthu show PERSON --live INVENTORY` lists the
    labels.
    """
    if bool(labels) == every:
        raise UsageError(
            Message("name client passwords with --label, or all of them with --all"),
            fix=Message("as in: {example}", example='hopthu credential revoke le-van-bay '
                        '--label "Điện thoại" --basis ID lab'),
        )  # fmt: skip
    asked = [label_of(label) for label in labels]
    job = begin(root, on, inventory)
    (chosen,) = selection.named(job.loaded, on, [person])
    with Ssh() as ssh:
        hosts = job.servers(ssh)
        known = [one.label for one in hosts.clients(chosen.id)]
        if unknown := [label for label in asked if label not in known]:
            raise UsageError(
                Message("{person} has no client password {label}", person=chosen.id,
                        label=unknown[0]),
                fix=Message("those in use: {labels}", labels=", ".join(known))
                if known
                else Message("none is in use"),
            )  # fmt: skip
        taken = credential_job.revoke(job, hosts, chosen, document, asked or known)
    say(Message("Client passwords revoked: {number}.", number=len(taken)), language)
