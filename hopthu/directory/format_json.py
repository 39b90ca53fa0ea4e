"""The address book as JSON, for programs; its keys are a contract."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from hopthu.directory.contacts import Contact


def as_json(contacts: Sequence[Contact], on: date, domain: str) -> bytes:
    """Return day, mail domain and contacts; each contact has the fields of `Contact`."""
    content = {
        "on": on.isoformat(),
        "domain": domain,
        "contacts": [asdict(contact) for contact in contacts],
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
