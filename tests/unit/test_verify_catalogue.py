"""The list of probes is a contract."""

import re

import pytest

from hopthu.i18n.message import Message
from hopthu.inventory.roles import ROLES
from hopthu.model.articles import ARTICLES
from hopthu.verify.catalogue import PROBES
from hopthu.verify.probe import Probe

CONTRACT = (
    "inbound-store1", "inbound-store2", "case", "unknown-recipient", "no-open-relay",
    "closed-mailbox", "full-mailbox", "internal", "outbound-dkim", "filters", "vacation",
    "forwarding", "junk", "reports",
    "tls-only", "ssh-closed",
    "wrong-password", "locked", "forged-sender", "forged-header", "forged-outside", "unit-list",
    "limits", "stopped", "unit-head",
    "unit-delegate", "unit-stranger", "unit-former", "no-sharing", "virus-inbound",
    "virus-outbound", "virus-internal",
    "virus-zip", "virus-deep-zip", "virus-large-member", "virus-encrypted", "pdf-file",
    "executable", "scanner-down", "scanner-frozen", "spam", "ham", "directory-sign-in",
    "directory-search", "directory-no-hash", "directory-replica", "directory-down",
    "registered", "on-its-day", "clean-journal",
)  # fmt: skip


def test_ids() -> None:
    """Each id of the contract occurs once, and there are no others."""
    assert sorted(CONTRACT) == sorted(probe.id for probe in PROBES)


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.id)
def test_probe_is_complete(probe: Probe) -> None:
    """A probe says what it proves and cites an article that exists; it needs what can be had."""
    assert probe.title
    assert probe.title[0].islower()
    assert isinstance(probe.title, Message)
    cited = [f"Art. {number}" for number in re.findall(r"[\d.]+\d|\d", probe.article)]
    assert cited
    assert set(cited) <= set(ARTICLES)
    assert set(probe.needs) <= {"accounts", "internet"}
    assert set(probe.through) <= {*ROLES}
    assert probe.check.__doc__


def test_only_disturbing_probes_stop_services() -> None:
    """Production runs everything else, so these must say what they stop."""
    assert {"scanner-down", "scanner-frozen", "directory-down"} == {
        p.id for p in PROBES if p.disturbs
    }


def test_journal_is_read_last() -> None:
    """What the other probes made the servers say is looked at too.

    Before it, each alone, those that have a sender refused for a while whom other probes are.
    """
    assert ["limits", "stopped", "clean-journal"] == [p.id for p in PROBES if p.last]
