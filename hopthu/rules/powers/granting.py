"""What the exception of a mailbox grants: the addresses that its document names (Art. 4)."""

from __future__ import annotations

from hopthu.i18n.vietnamese import fold
from hopthu.model.timeline import text, texts
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record


def grants(facts: RuleContext, record: Record, address: str) -> bool:
    """Tell whether the exception of a record's mailbox is for an address.

    One that is not on record, or not issued for exceptions, is reported as such, nothing besides.
    """
    cited = exception(record)
    document = facts.documents.get(cited)
    if document is None or "exception" not in {act for _, act in texts(document, ("acts", "*"))}:
        return bool(cited)
    return fold(address) in {fold(named) for _, named in texts(document, ("addresses", "*"))}


def exception(record: Record) -> str:
    """Return the document cited as the exception of a record's mailbox, or an empty string."""
    mailbox = record.data.get("mailbox")
    return text(mailbox, "exception") if isinstance(mailbox, dict) else ""
