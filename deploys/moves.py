"""Moves: mailboxes go with their owners to another store (docs/decisions/moves.md)."""

from __future__ import annotations

from pyinfra import host
from pyinfra.api import deploy
from pyinfra.operations import files

from deploys.common import install, rendered, verified
from hopthu.daemons.dovecot import MAIL, OWNER
from hopthu.daemons.moves import DAEMON
from hopthu.migration import operation as moving
from hopthu.operations import config
from hopthu.operations.names import step_name
from hopthu.operations.site import site_of_run


@deploy(step_name("Moves"))
def arrivals() -> None:
    """Install → configure → activate the receiver of mailboxes, if there are other stores.

    It is not started: hopthu.migration starts it for the time of a move.
    """
    wanted = rendered("moves")
    if not wanted:
        return
    install(DAEMON)

    for folder in host.loop([f"{MAIL}/arriving{kind}" for kind in ("", "/people", "/units")]):
        files.directory(
            name=step_name("Create {folder} for {owner} alone", folder=folder, owner=OWNER),
            path=folder,
            user=OWNER,
            group=OWNER,
            mode="700",
        )
    configured = config.files(
        name=step_name("Configure the receiver of moved mailboxes"),
        daemon="moves",
        files=wanted,
        test=verified("hopthu-moves.service"),
    )

    config.activate(
        name=step_name("Load the receiver of moved mailboxes"),
        daemon="moves",
        command="systemctl daemon-reload",
        after=[configured],
    )


@deploy(step_name("Moves"))
def moves() -> None:
    """Move mailboxes to the stores they belong on, in a run of all hosts."""
    # On every host, although only the provider does it, so that it comes after all other steps.
    moving.moves(name=step_name("Move mailboxes to the stores they belong on"), site=site_of_run())
