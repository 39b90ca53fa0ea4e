"""What operations ask a host while a run is checked: all of it at once, by one call."""

from __future__ import annotations

from hopthu.daemons import registry
from hopthu.daemons.dovecot import MAIL
from hopthu.daemons.site import Site
from hopthu.directory.entries import PENDING_ATTRIBUTES, PENDING_FILTER, suffix
from hopthu.operations.directory import DATES, ISSUED
from hopthu.remote import Question, question
from hopthu.remote.host.entries import position, search
from hopthu.remote.host.mailboxes import existing
from hopthu.remote.host.moves import unsettled
from hopthu.remote.host.replica import compared
from hopthu.remote.host.sessions import signed_in
from hopthu.remote.host.survey import survey


def of_host(site: Site, name: str) -> list[Question]:
    """Return the questions of a host; one that is missing here is asked by its operation."""
    host, base = site.centre.host(name), suffix(site.desired.domain)
    provider = site.centre.provider
    waiting = question(search, base, PENDING_FILTER, PENDING_ATTRIBUTES)
    found = [question(survey, [*registry.units()], [*registry.places()])]
    if host == provider:
        found += [question(position, base), question(search, base, ISSUED, DATES), waiting]
    elif site.centre.keeps_directory(host):
        found.append(question(compared, base, provider.address))
    if host.serves:
        found += [question(existing, MAIL), question(signed_in), question(unsettled), waiting]
    return found
