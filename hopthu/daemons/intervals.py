"""Every time that has a part in when an alarm arrives, in seconds: templates are rendered of these.

An alarm is to arrive within two minutes of its cause. docs/decisions/monitoring.md
"""

from __future__ import annotations

LIMIT = 120
MEASURE = 30
"""From one measurement on a host to the next."""
SCRAPE = 10
"""From one time that Prometheus reads a host to the next."""
EVALUATE = 5
"""From one time that it judges what it has read to the next."""
GATHER = 5
"""For which Alertmanager waits for further alarms to send with a first one."""
AGAIN = 30
"""After which it sends what came later; so long it tries to send an alarm."""
TRY = 10
"""One call of it to the URL, and one answer of the store: longer is none."""
WAYS = 5
"""From one time that Prometheus reads how Alertmanager gets on to the next."""
ASK = 25
"""From one time that another host asks a monitor whether it watches to the next."""
SILENT = 15
"""For which a monitor does not say so until it is missed: it may have been restarted."""
PAUSE = 5
"""From one question to the next meanwhile."""
PATIENCE = 5
"""Which that host has for one answer."""


def told(lasting: int) -> int:
    """Return after how long at most an alarm of something measured, that lasts, is told."""
    return MEASURE + SCRAPE + EVALUATE + lasting + GATHER + TRY


def way_told(lasting: int) -> int:
    """Return after how long it is told by the other way that one is dead.

    It is noticed with the first alarm that is to be sent: of something that is read at once.
    """
    return SCRAPE + EVALUATE + lasting + GATHER + TRY + WAYS + EVALUATE + GATHER + TRY


def missed() -> int:
    """Return after how long another host tells that a monitor does not watch."""
    return ASK + SILENT + PATIENCE + PATIENCE


def both_ways_told(lasting: int) -> int:
    """Return after how long another host tells that both ways are dead, noticed likewise."""
    return SCRAPE + EVALUATE + lasting + GATHER + TRY + WAYS + missed()
