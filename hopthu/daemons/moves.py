"""The services with which a store receives mailboxes from others (docs/decisions/moves.md)."""

from __future__ import annotations

from hopthu.daemons.base import MOVES, OWN_SUITES, TLS
from hopthu.daemons.dovecot import MAIL, OWNER, places_of_mail
from hopthu.daemons.record import Daemon, FileSet, Passage
from hopthu.daemons.staged import verified
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.render.context import Context, rendered
from hopthu.render.files import Files

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
        "port": MOVES, "tls": TLS, "suites": OWN_SUITES,
        "folder": FOLDER, "mail": MAIL, "owner": OWNER,
    }  # fmt: skip
    unit = _UNIT.format("")
    own = {f"{FOLDER}/rsyncd.conf": "rsyncd.conf.j2", f"/etc/systemd/system/{unit}": f"{unit}.j2"}
    found = rendered("moves", own, context, **values)
    for each in stores:
        place = {f"{FOLDER}/from-{each.name}.conf": "from.conf.j2"}
        found |= rendered("moves", place, context, store=each, **values)
    return found


def unit(source: Host) -> str:
    """Return the unit that receives mailboxes from a store."""
    return _UNIT.format(source.name)


DAEMON = Daemon(
    name="moves",
    title=Message("Moves"),
    roles=("store",),
    after=("dovecot",),
    packages={"": ("rsync", "stunnel4")},
    need_mail=("hopthu-moves@",),
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
            places=places_of_mail(
                *(f"{MAIL}/arriving{kind}" for kind in ("", "/people", "/units"))
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
