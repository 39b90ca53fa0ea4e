"""What is told of each kind of drift, for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hopthu.drift.model import Values
from hopthu.i18n.message import Message

Sentence = Callable[[str, Values, Values], Message]


def sentence(kind: str, item: str, was: Values, now: Values, later: bool = False) -> Message:
    """Return the sentence on a thing that `was` so and is `now` otherwise."""
    if later:
        return Message("package {name} was updated to {now}; {was} was applied",
                    name=item, now=now, was=was)  # fmt: skip
    return KINDS[kind](item, was, now)


def _thing(what: Message) -> Sentence:
    """Return what is said of things of which no more is known than that they changed."""

    def told(item: str, was: Values, now: Values) -> Message:
        if was is None:
            return Message("unknown {what}: {name}", what=what, name=item)
        if now is None:
            return Message("{what} {name} is gone", what=what, name=item)
        return Message("{what} {name} is {now}, not {was}", what=what, name=item, now=now, was=was)

    return told


def _file(what: Message) -> Sentence:
    """Return what is said of files: their value is digest, mode, owner and group."""
    thing = _thing(what)

    def told(item: str, was: Values, now: Values) -> Message:
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

    return told


def _managed(item: str, was: Values, now: Values) -> Message:
    if was is None:
        return Message("{name} is on the list of managed files, but was not applied", name=item)
    if now is None:
        return Message("{name} is no longer on the list of managed files", name=item)
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
        return Message("service {name} does not run", name=item)
    if runs == "active" and ran != "active":
        return Message("service {name} runs, and should not", name=item)
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
        return Message("package {name} is held at version {now}; {was} was applied",
                    name=item, now=new, was=old)  # fmt: skip
    return Message("package {name} has the version {now}; {was} was applied",
                name=item, now=new, was=old)  # fmt: skip


def _account(item: str, was: Values, now: Values) -> Message:
    if was is None and now is not None and now.startswith("0 "):
        return Message("unknown account with all rights of root: {name}", name=item)
    if was is None or now is None:
        return _thing(Message("account"))(item, was, now)
    (*is_, lets_in), (*as_, _) = now.split(" "), was.split(" ")
    if is_ != as_:
        return _thing(Message("account"))(item, " ".join(as_), " ".join(is_))
    if lets_in == "empty":
        return Message("account {name} needs no password any more", name=item)
    if lets_in == "locked":
        return Message("account {name} has no password any more", name=item)
    return Message("account {name} has another password", name=item)


def _key(item: str, was: Values, now: Values) -> Message:
    user, _, key = item.partition(" ")
    if was is None:
        return Message("unknown SSH key for {user}: {key}", user=user, key=key)
    if now is None:
        return Message("the SSH key {key} of {user} is gone", user=user, key=key)
    return Message("what the SSH key {key} of {user} may do, or its comment, was changed",
                user=user, key=key)  # fmt: skip


def _listener(item: str, was: Values, now: Values) -> Message:
    protocol, address, port = item.rsplit(" ", 2)
    if was is None:
        return Message("unknown listener: {program} on {address} port {port}/{protocol}",
                    program=now, address=address, port=port, protocol=protocol)  # fmt: skip
    if now is None:
        return Message("{program} listens no longer on {address} port {port}/{protocol}",
                    program=was, address=address, port=port, protocol=protocol)  # fmt: skip
    return Message("on {address} port {port}/{protocol} listens {now}, not {was}",
                address=address, port=port, protocol=protocol, now=now, was=was)  # fmt: skip


def _ruleset(item: str, was: Values, now: Values) -> Message:
    if was is None:
        return Message("unknown table of the packet filter: {name}", name=item)
    if now is None:
        return Message("the packet filter does not have the table {name} loaded", name=item)
    return Message("the packet filter has other rules loaded in the table {name}", name=item)


def _access(item: str, was: Values, now: Values) -> Message:  # noqa: ARG001  (has no value)
    unit, _, rest = item.partition(" ")
    who, _, letters = rest.removeprefix("user=").rpartition(" ")
    if was is None:
        return Message("{who} was given rights in the mailbox of {unit}: {letters}",
                    who=who, unit=unit, letters=letters)  # fmt: skip
    return Message("{who} was taken rights in the mailbox of {unit}: {letters}",
                who=who, unit=unit, letters=letters)  # fmt: skip


def _pending(item: str, was: Values, now: Values) -> Message:  # noqa: ARG001  (has no value)
    if now is None:
        return Message("what was to be taken up of {name} has been", name=item)
    return Message("files of {name} were put, but their daemon has not taken them up", name=item)


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
        return Message("the record does not say what the host was: apply once more")
    return Message("the data of the last apply is not in this checkout: entries cannot be compared")


def _apply(item: str, was: Values, now: Values) -> Message:  # noqa: ARG001  (has no value)
    return Message("the apply {id} broke off here; apply again", id=item)


KINDS: Mapping[str, Sentence] = {
    "access": _access,
    "account": _account,
    "apply": _apply,
    "attribute": _attribute,
    "config": _file(Message("file")),
    "cron": _file(Message("scheduled job")),
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
"""Every kind of thing that may drift, and what is said of one."""
