"""Moves: mailboxes go with their owners to another store (docs/decisions/moves.md)."""

from __future__ import annotations

from pyinfra import host
from pyinfra.api import deploy
from pyinfra.operations import files

from deploys.common import install, rendered
from hopthu.daemons.dovecot import MAIL, OWNER
from hopthu.daemons.moves import DAEMON
from hopthu.daemons.site import Site
from hopthu.migration import operation as moving
from hopthu.operations import config

# systemd says what it does not know, and starts the unit all the same.
_TEST = """
said=$(systemd-analyze verify {stage}/etc/systemd/system/hopthu-moves.service 2>&1) || said="$said."
[ -z "$said" ] || {{ echo "$said" >&2; exit 1; }}
"""


@deploy("Moves")
def arrivals() -> None:
    """Install → configure → activate what takes mailboxes from other stores, where there are any.

    It is not started: hopthu.migration does that for the time of a move.
    """
    wanted = rendered("moves")
    if not wanted:
        return
    install(DAEMON)

    for folder in host.loop([f"{MAIL}/arriving{kind}" for kind in ("", "/people", "/units")]):
        files.directory(
            name=f"Have {folder} for {OWNER} alone",
            path=folder,
            user=OWNER,
            group=OWNER,
            mode="700",
        )
    configured = config.files(
        name="Configure what takes mailboxes from other stores",
        daemon="moves",
        files=wanted,
        test=_TEST,
    )

    config.activate(
        name="Take up how mailboxes arrive",
        daemon="moves",
        command="systemctl daemon-reload",
        after=[configured],
    )


@deploy("Moves")
def moves() -> None:
    """Take mailboxes to the stores they belong on, in a run of all hosts."""
    # On every host, though the directory's provider does it: so it comes after whatever any has.
    moving.moves(name="Take mailboxes to the stores they belong on", site=Site.of_run())
