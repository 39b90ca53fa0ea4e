"""The whole run, in order: `pyinfra INVENTORY deploys/site.py`.

The order lets mail flow at every moment of a first run and of a change:

1. the ground: certificate, packet filter;
2. the directory, because everything that follows asks it who exists;
3. scanners, before anything can accept mail that would need them;
4. stores, so that whatever accepts mail has a place to put it;
5. sign-in and Postfix last: the door opens when the house stands. A new person's addresses are
   thus accepted only once the store knows them;
6. mailboxes move to other stores when every host knows that they will.
"""

from pyinfra import host

from deploys.base import base
from deploys.clamav import clamav
from deploys.dovecot import dovecot
from deploys.moves import arrivals, moves
from deploys.openldap import openldap
from deploys.postfix import postfix
from deploys.rspamd import rspamd
from deploys.valkey import valkey

base()

if "directory" in host.groups or "access" in host.groups or "store" in host.groups:
    openldap()

if "edge" in host.groups or "access" in host.groups:
    clamav()
    valkey()
    rspamd()

if "store" in host.groups or "access" in host.groups:
    dovecot()

if "store" in host.groups:
    arrivals()

if "edge" in host.groups or "access" in host.groups:
    postfix()

moves()
