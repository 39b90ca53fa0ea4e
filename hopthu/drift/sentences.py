"""Describe each kind of drift."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hopthu.drift.model import Values
from hopthu.i18n.message import Message

Sentence = Callable[[str, Values, Values], Message]


def sentence(kind: str, item: str, was: Values, now: Values, later: bool = False) -> Message:
    """Describe an item that `was` different from what it is `now`."""
    if later:
        return Message("package {name} was updated to {now}; last applied: {was}",
                    name=item, now=now, was=was)  # fmt: skip
    return KINDS[kind](item, was, now)


def _thing(what: Message) -> Sentence:
    """Return a sentence for items with a single value."""

    def describe(item: str, was: Values, now: Values) -> Message:
        if was is None:
            return Message("unknown {what}: {name}", what=what, name=item)
        if now is None:
            return Message("{what} {name} is missing", what=what, name=item)
        return Message("{what} {name} is {now}, not {was}", what=what, name=item, now=now, was=was)

    return describe


def _file(what: Message) -> Sentence:
    """Return a sentence for files: their value is digest, mode, owner and group."""
    thing = _thing(what)

    def describe(item: str, was: Values, now: Values) -> Message:
        if now == "gone":
            return thing(item, was, None)
        if was is None or now is None:
            return thing(item, was, now)
        (old, *had), (new, *has) = was.split(" "), now.split(" ")
        if new == old:
            return thing(item, " ".join(had), " ".join(has))
        if new.startswith("link:"):
            target = now.removeprefix("link:").rsplit(" ", 3)[0]
            return Message("{what} {name} is now a link to {target}",
                        what=what, name=item, target=target)  # fmt: skip
        return Message("{what} {name} was changed", what=what, name=item)

    return describe


def _managed(item: str, was: Values, now: Values) -> Message:
    if was is None:
        return Message("{name} is in the list of managed files, but was not applied", name=item)
    if now is None:
        return Message("{name} is no longer in the list of managed files", name=item)
    return _file(Message("managed file"))(item, was, now)


def _service(item: str, was: Values, now: Values) -> Message:
    if was is None or now is None:
        return _thing(Message("service"))(item, was, now)
    (old, _, ran), (new, _, runs) = was.partition(" "), now.partition(" ")
    if new.startswith("masked") and not old.startswith("masked"):
        return Message("service {name} is masked", name=item)
    if ran == "active" and runs == "failed":
        return Message("service {name} has failed", name=item)
    if ran == "active" and runs != "active":
        return Message("service {name} is not running", name=item)
    if runs == "active" and ran != "active":
        return Message("service {name} is running, but should not be", name=item)
    return _thing(Message("service"))(item, was, now)


def _package(item: str, was: Values, now: Values) -> Message:
    if was is None or now is None:
        return _thing(Message("package"))(item, was, now)
    old, new = was.removesuffix(" hold"), now.removesuffix(" hold")
    if old == new:
        if now == new:
            return Message("package {name} is no longer held", name=item)
        return Message("package {name} is held back from updates", name=item)
    if now != new:
        return Message("package {name} is held at version {now}; last applied: {was}",
                    name=item, now=new, was=old)  # fmt: skip
    return Message("package {name} has version {now}; last applied: {was}",
                name=item, now=new, was=old)  # fmt: skip


def _account(item: str, was: Values, now: Values) -> Message:
    if was is None and now is not None and now.startswith("0 "):
        return Message("unknown account with root privileges: {name}", name=item)
    if was is None or now is None:
        return _thing(Message("account"))(item, was, now)
    (*is_, lets_in), (*as_, _) = now.split(" "), was.split(" ")
    if is_ != as_:
        return _thing(Message("account"))(item, " ".join(as_), " ".join(is_))
    if lets_in == "empty":
        return Message("account {name} no longer requires a password", name=item)
    if lets_in == "locked":
        return Message("account {name} no longer has a password", name=item)
    return Message("the password of account {name} was changed", name=item)


def _key(item: str, was: Values, now: Values) -> Message:
    user, _, key = item.partition(" ")
    if was is None:
        return Message("unknown SSH key for {user}: {key}", user=user, key=key)
    if now is None:
        return Message("SSH key {key} of {user} is missing", user=user, key=key)
    return Message("the options or comment of SSH key {key} of {user} were changed",
                user=user, key=key)  # fmt: skip


def _listener(item: str, was: Values, now: Values) -> Message:
    protocol, address, port = item.rsplit(" ", 2)
    if was is None:
        return Message("unknown listener: {program} on {address} port {port}/{protocol}",
                    program=now, address=address, port=port, protocol=protocol)  # fmt: skip
    if now is None:
        return Message("{program} no longer listens on {address} port {port}/{protocol}",
                    program=was, address=address, port=port, protocol=protocol)  # fmt: skip
    return Message("the listener on {address} port {port}/{protocol} is {now}, not {was}",
                address=address, port=port, protocol=protocol, now=now, was=was)  # fmt: skip


def _ruleset(item: str, was: Values, now: Values) -> Message:
    if was is None:
        return Message("unknown packet filter table: {name}", name=item)
    if now is None:
        return Message("packet filter table {name} is not loaded", name=item)
    return Message("packet filter table {name} has different rules loaded", name=item)


def _access(item: str, was: Values, now: Values) -> Message:  # noqa: ARG001  (has no value)
    unit, _, rest = item.partition(" ")
    who, _, letters = rest.removeprefix("user=").rpartition(" ")
    if was is None:
        return Message("{who} gained access to the mailbox of {unit}: {letters}",
                    who=who, unit=unit, letters=letters)  # fmt: skip
    return Message("{who} lost access to the mailbox of {unit}: {letters}",
                who=who, unit=unit, letters=letters)  # fmt: skip


def _pending(item: str, was: Values, now: Values) -> Message:  # noqa: ARG001  (has no value)
    if now is None:
        return Message("{name} has since loaded its new files", name=item)
    return Message("files of {name} were replaced, but the daemon has not loaded them", name=item)


def _sshd(item: str, was: Values, now: Values) -> Message:  # noqa: ARG001  (there is only one)
    return Message("the settings of sshd are not valid")


def _attribute(item: str, was: Values, now: Values) -> Message:
    dn, _, attribute = item.rpartition(" ")
    return Message("directory entry {dn}: {attribute} is {now}, not {was}",
                dn=dn, attribute=attribute, now=now or "-", was=was or "-")  # fmt: skip


def _record(item: str, was: Values, now: Values) -> Message:  # noqa: ARG001  (there is only one)
    if now == "none":
        return Message("nothing was ever applied here")
    if now == "bare":
        return Message("the record lacks the state of the host; apply again")
    return Message("this checkout lacks the data of the last apply; entries cannot be compared")


def _apply(item: str, was: Values, now: Values) -> Message:  # noqa: ARG001  (has no value)
    return Message("the apply {id} was interrupted here; apply again", id=item)


def _due(item: str, was: Values, now: Values) -> Message:  # noqa: ARG001  (it is not done)
    return Message("due on {day} and not applied: {change}", day=now, change=item)


KINDS: Mapping[str, Sentence] = {
    "access": _access,
    "account": _account,
    "apply": _apply,
    "attribute": _attribute,
    "config": _file(Message("file")),
    "cron": _file(Message("scheduled job")),
    "due": _due,
    "entry": _thing(Message("directory entry")),
    "file": _managed,
    "group": _thing(Message("group")),
    "index": _file(Message("index")),
    "key": _key,
    "listener": _listener,
    "package": _package,
    "pending": _pending,
    "record": _record,
    "ruleset": _ruleset,
    "service": _service,
    "sshd": _sshd,
    "sudo": _file(Message("sudo rule")),
    "unit": _file(Message("systemd unit")),
}
"""Every kind of item that may drift, and its sentence."""
