"""Stores in pairs: the mail of a store on two hosts, one of which serves it."""

from __future__ import annotations

from pyinfra import host

from deploys.daemon import Steps
from hopthu.daemons.dovecot import MAIL
from hopthu.daemons.pairs import DAEMON, MOUNT, pair_of
from hopthu.operations import pairs
from hopthu.operations.names import step_name
from hopthu.operations.site import site_of_run


def deploy(steps: Steps) -> None:
    """Install → configure → serve or stand by, if the store of this host is on two."""
    centre = site_of_run().centre
    here = centre.host(host.name)
    pair = pair_of(centre, here)
    steps.install()
    steps.configure(activate=False)
    if pair:
        pairs.copied(
            name=step_name("Keep the mail of {store} on a disk of this host", store=pair.store),
            store=pair.store,
            disk=pair.disk,
            folder=MAIL,
        )
    # DRBD takes changes of a resource that it has.
    for each in host.loop(DAEMON.file_sets):
        steps.activate(each)
    if pair:
        pairs.served(
            name=step_name("Serve {store} from this host", store=pair.store)
            if here.serves
            else step_name("Leave {store} to the other host", store=pair.store),
            store=pair.store,
            mount=MOUNT,
            folder=MAIL,
            serves=here.serves,
        )
    steps.keep_running()
