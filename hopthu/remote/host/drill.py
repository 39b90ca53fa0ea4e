"""Restore from the last copies that this host sent, and compare; run by timers.

Nothing is put in place. A copy that nobody has restored from is a hope. Every night some mailboxes,
every month everything: a store and a directory as if this host were lost.
"""

from __future__ import annotations

import random
import shutil
import tarfile
from collections.abc import Collection, Iterable
from functools import partial
from itertools import groupby

from hopthu.remote.host import recover_directory, touched
from hopthu.remote.host.backup import (
    COPY,
    KINDS,
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
    dumped,
    mailboxes,
    manifest_of,
    place,
    refuse_without_room,
    sizes,
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
    """Restore all of a store, one mailbox after another; return what is not as it was.

    The copy is read once, however little room there is: each is removed when it was compared.
    """
    repository, snapshot = copy
    with place(_WORK):
        there, source = sum(mailboxes(copy).values()), f"{snapshot}:{COPY / MANIFESTS}"
        unpack_folder(repository, source, _WORK / MANIFESTS, there)
        known, wrong = as_owner(partial(sizes, _WORK / MANIFESTS))
        for kind in KINDS:
            ours = {each.partition("/")[2] for each in known if each.startswith(f"{kind}/")}
            if ours:  # the unit of the timer has its hours
                with dumped(repository, f"{snapshot}:{COPY / kind}") as stream:
                    wrong += as_owner(partial(_compared, stream.fileno(), kind, ours))
    print(f"{len(known)} mailboxes, {len(wrong)} wrong")  # noqa: T201
    return wrong if known else [*wrong, "the copy has no mailbox"]


def _compared(archive: int, kind: str, ours: Collection[str]) -> list[str]:
    """Unpack mailboxes of a kind from an archive that is open, each until it was compared."""
    wrong, left = [], {*ours}
    with open(archive, "rb", closefd=False) as stream:
        try:
            with tarfile.open(fileobj=stream, mode="r|") as members:
                for name, its in groupby(members, lambda each: each.name.partition("/")[0]):
                    if name in left:
                        left.remove(name)
                        wrong += _one(f"{kind}/{name}", members, its)
        except tarfile.TarError as error:
            raise Failed(f"the copy is no archive: {error}") from error
        while stream.read(65_536):  # tar ends before what fills its last block
            pass
    return [*wrong, *(f"{kind}/{name}: is not in the copy" for name in sorted(left))]


def _one(mailbox: str, archive: tarfile.TarFile, its: Iterable[tarfile.TarInfo]) -> list[str]:
    """Unpack a mailbox, compare it with its manifest, and remove it; return why it is another."""
    home, index = _WORK / mailbox, _WORK / "index" / mailbox
    try:
        manifest = parsed((_WORK / MANIFESTS / mailbox).read_text("utf-8"))
        refuse_without_room(manifest["messages"])
        for member in its:
            archive.extract(member, home.parent, filter="data")
        AsItWas(home, manifest).compared(index)
    except (*OF_ONE, tarfile.FilterError) as error:
        return [f"{mailbox}: {error}"]
    finally:
        for each in (home, index):
            shutil.rmtree(each, ignore_errors=True)
    return []
