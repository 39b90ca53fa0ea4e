"""The services with which a store receives mailboxes from others (docs/decisions/moves.md)."""

from __future__ import annotations

from hopthu.daemons.base import MOVES, SUITES, TLS
from hopthu.daemons.dovecot import MAIL, OWNER
from hopthu.daemons.record import Daemon, FileSet, Folder, Passage
from hopthu.daemons.staged import verified
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

FOLDER = "/etc/hopthu/moves"
_UNIT = "hopthu-moves@{}.service"
EVERY = _UNIT.format("*")
"""All units that receive mailboxes, as systemctl(1) takes it."""


def files(context: Context) -> Files:
    """Return the settings of stunnel, rsync and their unit; none if there is only one store."""
    stores = context.centre.other_stores(context.host)
    if not stores:
        return {}
    values = {
        "port": MOVES, "tls": TLS, "suites": SUITES, "folder": FOLDER, "mail": MAIL, "owner": OWNER,
    }  # fmt: skip
    unit = _UNIT.format("")
    found = {
        f"{FOLDER}/rsyncd.conf": template("moves/rsyncd.conf.j2", context, **values),
        f"/etc/systemd/system/{unit}": template(f"moves/{unit}.j2", context, **values),
        **{
            f"{FOLDER}/from-{each.name}.conf": template(
                "moves/from.conf.j2", context, store=each, **values
            )
            for each in stores
        },
    }
    return {path: File.text(text) for path, text in found.items()}


def unit(source: Host) -> str:
    """Return the unit that receives mailboxes from a store."""
    return _UNIT.format(source.name)


DAEMON = Daemon(
    name="moves",
    title=Message("Moves"),
    roles=("store",),
    after=("dovecot",),
    packages={"": ("rsync", "stunnel4")},
    rests=True,
    file_sets=(
        FileSet(
            name="moves",
            render=files,
            configure=Message("Configure the receiver of moved mailboxes"),
            activate=Message("Load the receiver of moved mailboxes"),
            activation="nothing",
            phrase=Message("moves of mailboxes: nothing is restarted or reloaded"),
            test=verified("hopthu-moves@test.service"),
            # stunnel runs only during a move.
            reads_certificate=(f"{FOLDER}/from-",),
            folders=tuple(
                Folder(f"{MAIL}/arriving{kind}", OWNER) for kind in ("", "/people", "/units")
            ),
        ),
    ),
    passages=(
        Passage(
            role="store",
            ports=(MOVES,),
            sources=Centre.other_stores,
            why="Mailboxes that move here, from other stores.",
        ),
    ),
    exempt={
        "versions": "its configuration does not depend on the version",
        "services": "it runs only during a move",
        "health": "it runs only during a move",
        "probes": "a move needs a change of the data; lab tests and a drill test it",
    },
)
