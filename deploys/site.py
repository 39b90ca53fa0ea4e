"""The whole run, in order: `pyinfra INVENTORY deploys/site.py`.

Daemons come in the order that their records give (`after` in hopthu/daemons/). It lets mail flow at
every moment of a first run and of a change:

1. the ground: certificate, packet filter;
2. the directory, because everything that follows asks it who exists;
3. scanners, before anything can accept mail that would need them;
4. stores, so that whatever accepts mail has a place to put it;
5. sign-in and Postfix last, once all they rest on serves. A new person's addresses are thus
   accepted only once the store knows them;
6. mailboxes move to other stores when every host knows that they will.
"""

from pyinfra import host

from deploys.moves import moves
from hopthu.daemons.registry import daemons

for daemon in host.loop(daemons()):
    if not daemon.roles or not {*daemon.roles}.isdisjoint(host.groups):
        daemon.load_deploy()()

moves()
