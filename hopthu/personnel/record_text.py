"""Proposals as the text of data files, laid out as the others are."""

from __future__ import annotations

from hopthu.personnel.proposal import Proposal
from hopthu.source.scalar import scalar


def record_text(proposal: Proposal) -> bytes:
    """Return the lines of a record of data/people.yaml."""
    each = proposal
    return (
        f"- id: {each.id}\n"
        f"  name: {scalar(each.name)}\n"
        f"  category: {each.category}\n"
        f"  mailbox: {{address: {each.address}}}\n"
        "  posts:\n"
        f"    - {{unit: {each.unit}, title: {scalar(each.title)}, from: {each.start}, "
        f"decision: {each.basis}, request: {each.basis}}}\n"
    ).encode()
