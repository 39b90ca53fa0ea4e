"""All deploys in order: `pyinfra INVENTORY deploys/site.py`.

The order of daemons comes from their records (`after` in hopthu/daemons/). Mail flows at every
moment of a first run and of a change:

1. the base: certificate, packet filter;
2. the directory, because all other daemons look up people in it;
3. scanners, before any daemon accepts mail that needs them;
4. stores, so that accepted mail can be delivered;
5. sign-in and Postfix last, when everything they depend on is running. The addresses of a new
   person are thus accepted only once the store knows them;
6. what belongs to a role that the host no longer has goes, in the opposite order;
7. mailboxes move to other stores once every host has been told of the move.
"""

from pyinfra import host

from deploys.daemon import deployed, withdrawn
from hopthu.daemons.registry import daemons
from hopthu.migration.operation import moves
from hopthu.operations.names import step_name
from hopthu.operations.site import site_of_run

# pyinfra takes what is at the same place of a loop for the same operation on every host.
here = site_of_run().centre.host(host.name)
for daemon in host.loop(daemons()):
    if daemon.runs_on(here):
        deployed(daemon)
for daemon in host.loop(reversed(daemons())):
    if not daemon.runs_on(here):
        withdrawn(daemon)

# On every host, although only the provider does it, so that it comes after all other steps.
moves(name=step_name("Move mailboxes to the stores they belong on"), site=site_of_run())
