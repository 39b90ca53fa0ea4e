"""What the exception of a mailbox grants: the addresses that its document names (Art. 4)."""

from __future__ import annotations

from hopthu.i18n.vietnamese import fold
from hopthu.model.timeline import text
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record


def grants(facts: RuleContext, record: Record, address: str) -> bool:
    """Tell whether the exception of a record's mailbox is for an address.

    One that is not on record, or not issued for exceptions, is reported as such, nothing besides.
    """
    cited = exception(record)
    return fold(address) in facts.granted[cited] if cited in facts.granted else bool(cited)


def exception(record: Record) -> str:
    """Return the document cited as the exception of a record's mailbox, or an empty string."""
    mailbox = record.data.get("mailbox")
    return text(mailbox, "exception") if isinstance(mailbox, dict) else ""
