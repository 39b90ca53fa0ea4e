"""Restore from the last copies that this host sent, and compare; run by timers.

Nothing is put in place. A copy that nobody has restored from is a hope. Every night some mailboxes,
every month everything: a store and a directory as if this host were lost.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from hopthu.remote.host import recover_directory, touched
from hopthu.remote.host.backup import (
    COPY,
    KINDS,
    MAIL,
    MANIFESTS,
    OF_ONE,
    PLACE,
    Copy,
    Result,
    as_owner,
    ended,
    keepers,
    last,
)
from hopthu.remote.host.manifest import parsed
from hopthu.remote.host.state import FAILURES, Failed
from hopthu.remote.host.unpacked import (
    AsItWas,
    mailboxes,
    manifest_of,
    place,
    size,
    unpack_folder,
    unpacked,
)

_NUMBER = 20
"""Mailboxes that are tried at random."""
_WORK = PLACE / "rebuilt"


def drill() -> Result:
    """Try mailboxes at random, and those touched since; return those that are not what they were.

    If several hosts keep the last copy, it is that of one of them, at random.

    One that is not in the copy yet, or that failed, is tried again the next time.
    """
    sent, newest = _newest("mail")
    there = {*mailboxes(newest)}
    noted = [each for each in touched.noted() if each in there]
    others = sorted(there.difference(noted))
    chosen = [*noted, *random.sample(others, min(_NUMBER, len(others)))]
    wrong, messages = [], 0
    for mailbox in chosen:
        try:
            messages += _try(newest, mailbox)
            touched.forget(mailbox)
        except OF_ONE as error:
            wrong.append(f"{mailbox}: {error}")
    print(f"{len(chosen)} mailboxes with {messages} messages, {len(wrong)} wrong")  # noqa: T201
    return ended(sent, wrong if chosen else ["the copy has no mailbox"])


def rebuild(*what: str) -> Result:
    """Restore all mailboxes beside (`mail`), or a database of the directory, from copies alone."""
    wrong: list[str] = []
    for each in what:
        try:
            if each == "mail":
                wrong += _mail(_newest("mail")[1])
            else:
                entries = recover_directory.tried(_newest("directory")[1], each)
                print(f"the directory with {entries} entries")  # noqa: T201
        except FAILURES as error:
            wrong.append(str(error))
    return ended({}, wrong)


def _newest(kind: str) -> tuple[dict[str, Copy], Copy]:
    """Return the last copies by who keeps them, and one of them at random."""
    last_sent = last(kind)["sent"]
    sent = {keeper: last_sent[keeper] for keeper in keepers() if keeper in last_sent}
    if not sent:
        raise Failed("the last run sent no copy")
    (newest,) = random.sample([*sent.values()], 1)
    return sent, newest


def _try(copy: Copy, mailbox: str) -> int:
    """Return the number of messages of a mailbox; raise `Failed` if they are not what they were."""
    manifest = manifest_of(copy, mailbox)
    with unpacked(copy, mailbox, manifest, PLACE / "drill"):
        return len(manifest["messages"])


def _mail(copy: Copy) -> list[str]:
    """Unpack all of a store, as much at once as there is room for; return what is not as it was."""
    repository, snapshot = copy
    with place(_WORK):
        unpack_folder(repository, f"{snapshot}:{COPY / MANIFESTS}", _WORK / MANIFESTS)
        sizes, wrong = as_owner(_sizes)
        room = shutil.disk_usage(MAIL).free // 2
        wrong += [f"{each}: the disk has no room for it" for each in sizes if sizes[each] > room]
        for some in _batches({each: sizes[each] for each in sizes if sizes[each] <= room}, room):
            for kind in KINDS:
                ours = {each.name for each in map(Path, some) if each.parent.name == kind}
                others = {each.name for each in map(Path, sizes) if each.parent.name == kind} - ours
                if ours:
                    source = f"{snapshot}:{COPY / kind}"
                    unpack_folder(repository, source, _WORK / kind, others)
            wrong += as_owner(partial(_compared, some))
    print(f"{len(sizes)} mailboxes, {len(wrong)} wrong")  # noqa: T201
    return wrong if sizes else [*wrong, "the copy has no mailbox"]


def _sizes() -> tuple[dict[str, int], list[str]]:
    """Return the bytes of mailboxes by their manifests, and why what cannot be tried."""
    sizes, wrong = {}, []
    for path in sorted(each for kind in KINDS for each in (_WORK / MANIFESTS / kind).glob("*")):
        mailbox = f"{path.parent.name}/{path.name}"
        try:
            sizes[mailbox] = size(parsed(path.read_text("utf-8"))["messages"])
        except OF_ONE as error:
            wrong.append(f"{mailbox}: {error}")
    return sizes, wrong


def _batches(sizes: Mapping[str, int], room: int) -> Iterator[list[str]]:
    """Yield mailboxes that there is room for at once."""
    some: list[str] = []
    taken = 0
    for mailbox, needed in sizes.items():
        if taken + needed > room:
            yield some
            some, taken = [], 0
        some.append(mailbox)
        taken += needed
    if some:
        yield some


def _compared(some: Sequence[str]) -> list[str]:
    """Compare mailboxes with their manifests, and remove them; return those that are another."""
    wrong = []
    for mailbox in some:
        try:
            manifest = parsed((_WORK / MANIFESTS / mailbox).read_text("utf-8"))
            AsItWas(_WORK / mailbox, manifest).compared(_WORK / "index" / mailbox)
        except OF_ONE as error:
            wrong.append(f"{mailbox}: {error}")
    for kind in (*KINDS, "index"):
        shutil.rmtree(_WORK / kind, ignore_errors=True)
    return wrong
