"""The names of a province and of its mail domain, as somebody types them."""

from __future__ import annotations

from hopthu.diagnostics.problem import shown
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import same
from hopthu.init.repository import LEVELS
from hopthu.model.policy import FREE_MAIL
from hopthu.schema import formats

_LONGEST = 60
_EXAMPLES = "--province 'tỉnh Thanh Hóa', --province 'thành phố Đà Nẵng'"


def valid_domain(said: str) -> str:
    """Return the domain if it may be a province's own; raise `UsageError` if it may not."""
    given = said.strip().lower()
    if fault := formats.domain(given):
        raise UsageError(fault[0], fix=fault[1])
    if given in FREE_MAIL:
        raise UsageError(
            Message("{domain} is free mail, not the domain of a province", domain=given),
            fix=Message("as in: {example}", example="--domain thanhhoa.gov.vn"),
        )
    return given


def valid_province(said: str) -> str:
    """Return the name of the province as documents write it; raise `UsageError` if it is none."""
    given = " ".join(same(said).split())
    form = Message("as in: {example}", example=_EXAMPLES)
    if not given.isprintable() or not 0 < len(given) <= _LONGEST:
        what = Message(
            "--province: the name of a province has 1 to {limit} letters", limit=_LONGEST
        )
        raise UsageError(what, fix=form)
    for level in LEVELS:
        name = given[len(level) :].strip()
        if given.lower().startswith(f"{level} ") and name:
            return f"{level} {_capitals(name) if name.isupper() or name.islower() else name}"
    raise UsageError(
        Message("{province} is not the name of a province", province=shown(given)), fix=form
    )


def _capitals(name: str) -> str:
    return " ".join(word[:1].upper() + word[1:].lower() for word in name.split())
