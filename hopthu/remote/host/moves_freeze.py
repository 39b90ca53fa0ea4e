"""Freeze mailboxes in the directory, then switch them to another host, or unfreeze them.

These run on the provider.
"""

from __future__ import annotations

from collections.abc import Sequence

from hopthu.remote.host import ldap
from hopthu.remote.host.state import FAILURES, Failed, comes
from hopthu.remote.host.talk import requests, say

_PATIENCE = 3600.0
"""Seconds to try to unfreeze mailboxes, because nobody can read them before."""

_FREEZE = "replace: hopthuFrozen\nhopthuFrozen: TRUE\n-"
_UNFREEZE = "replace: hopthuFrozen\n-"


def unfreeze() -> None:
    """Unfreeze all mailboxes that are frozen, which a run that died has left."""
    _unfreeze([each["dn"][0] for each in ldap.search(ldap.suffix(), "(hopthuFrozen=TRUE)", "1.1")])


def freeze(source: str, target: str, seconds: float, entries: Sequence[str]) -> None:
    """Freeze mailboxes that wait to move for so many seconds; an entry in another state is refused.

    The first answer is `held`, or `refused` and the reason. At the request `switch` they are on
    `target`, and the answer is `switched`, or `refused` again; at any other, or without one, they
    are unfrozen where they are, and the answer is `released`.
    """
    waits = f"(mailHost={source})(hopthuMoving={target})"
    switch = f"replace: mailHost\nmailHost: {target}\n-\nreplace: hopthuMoving\n-\n{_UNFREEZE}"
    outcome = ["released"]
    try:
        _modify(entries, _FREEZE, f"{waits}(!(hopthuFrozen=TRUE))")
        say("held")
        if next(requests(seconds), None) == ["switch"]:
            _modify(entries, switch, f"{waits}(hopthuFrozen=TRUE)")
            outcome = ["switched"]
    except FAILURES as error:
        outcome = ["refused", str(error)]
    finally:
        if outcome != ["switched"]:
            _unfreeze(entries)
    say(*outcome)


def _modify(entries: Sequence[str], change: str, condition: str) -> None:
    """Make a change in every entry that meets a condition; stop at the first that does not."""
    code, said, errors = ldap.modify(_ldif(entries, change), f"!assert=(&{condition})")
    if code:
        raise Failed((errors.strip() or said.strip()).partition("\n")[0])


def _unfreeze(entries: Sequence[str]) -> None:
    def done() -> bool:
        code, _, errors = ldap.modify(_ldif(entries, _UNFREEZE), go_on=True)
        return code == 0 or "No such object" in errors

    if entries and not comes(done, _PATIENCE, pause=1):
        raise Failed("the directory could not unfreeze the mailboxes")


def _ldif(entries: Sequence[str], change: str) -> str:
    return "".join(f"dn: {dn}\nchangetype: modify\n{change}\n\n" for dn in entries)
