"""All deploys in order: `pyinfra INVENTORY deploys/site.py`.

The order of daemons comes from their records (`after` in hopthu/daemons/). Mail flows at every
moment of a first run and of a change:

1. the base: certificate, packet filter;
2. the directory, because all other daemons look up people in it;
3. scanners, before any daemon accepts mail that needs them;
4. stores, so that accepted mail can be delivered;
5. sign-in and Postfix last, when everything they depend on is running. The addresses of a new
   person are thus accepted only once the store knows them;
6. mailboxes move to other stores once every host has been told of the move.
"""

from pyinfra import host

from deploys.daemon import deployed
from hopthu.daemons.registry import daemons
from hopthu.migration.operation import moves
from hopthu.operations.names import step_name
from hopthu.operations.site import site_of_run

for daemon in host.loop(daemons()):
    if not daemon.roles or not {*daemon.roles}.isdisjoint(host.groups):
        deployed(daemon)

# On every host, although only the provider does it, so that it comes after all other steps.
moves(name=step_name("Move mailboxes to the stores they belong on"), site=site_of_run())
