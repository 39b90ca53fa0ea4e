"""Who a letter says it is from is who sent it (Art. 6.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hopthu.verify.context import ProbeContext
from hopthu.verify.mail import letter, send_from_outside, submit
from hopthu.verify.probe import ProbeFailed, probe
from hopthu.verify.smtp import Reply, expect


@probe(
    "sending under another's address, or none, is refused",
    "Art. 6.2",
    parts=("colleague", "on_store1", "on_store2"),
)
def forged_sender(world: ProbeContext) -> str:
    """Try the envelope: a colleague's address, and the null sender, which only servers may use."""
    person, other = world.person("colleague"), world.person("on_store1")
    reader = world.person("on_store2").address
    message = letter(world.token(), other.address, reader)
    # Case and a stranger's domain are no way round it.
    for sender in (other.address, other.address.upper(), world.citizen):
        reply = expect(submit(world, person, reader, message, sender=sender), "553")
    message = letter(world.token(), person.address, reader)
    expect(submit(world, person, reader, message, sender=""), "5..")
    return reply


@probe(
    "a letter that names somebody else as its writer is refused",
    "Art. 6.2",
    parts=("colleague", "on_store1", "on_store2"),
)
def forged_header(world: ProbeContext) -> str:
    """Try the header From, which people read: one field, one address, the sender's own."""
    person, other = world.person("colleague"), world.person("on_store1")
    reader = world.person("on_store2").address
    mine, theirs = person.address, other.address
    forgeries = {
        "From a colleague": letter(world.token(), theirs, reader),
        "a second From above": letter(world.token(), mine, reader, headers=[("From", theirs)]),
        "a second From below": letter(world.token(), theirs, reader, headers=[("From", mine)]),
        "two addresses in From": letter(world.token(), f"{mine}, {theirs}", reader),
        "a colleague's address as the name": letter(world.token(), f'"{theirs}" <{mine}>', reader),
    }
    return _all_refused(lambda forgery: submit(world, person, reader, forgery), forgeries)


@probe(
    "mail from outside under our domain is refused",
    "Art. 6.2",
    parts=("colleague", "on_store1"),
    needs=("internet",),
)
def forged_outside(world: ProbeContext) -> str:
    """On the envelope or in the header, in any case, beside an honest one or hidden behind it."""
    reader, theirs = world.person("on_store1").address, world.person("colleague").address
    forgeries = {
        "From ours": letter(world.token(), theirs, reader),
        "From ours in capitals": letter(world.token(), theirs.upper(), reader),
        "a second From": letter(world.token(), world.citizen, reader, headers=[("From", theirs)]),
        "two addresses in From": letter(world.token(), f"{world.citizen}, {theirs}", reader),
    }

    def send(sender: str) -> Callable[[bytes], Reply]:
        return lambda forgery: send_from_outside(world, sender, reader, forgery)

    _all_refused(send(world.citizen), forgeries)
    _all_refused(send(""), {"From ours, no sender": forgeries["From ours"]})
    return expect(send(theirs)(letter(world.token(), theirs, reader)), "5..")


def _all_refused(send: Callable[[bytes], Reply], forgeries: Mapping[str, bytes]) -> str:
    replies = {what: send(message) for what, message in forgeries.items()}
    wrong = [f"{what}: {reply}" for what, reply in replies.items() if not 500 <= reply.code < 600]
    if wrong:
        raise ProbeFailed(expected="5xx", got="; ".join(wrong))
    return f"{len(replies)} forgeries refused: {next(iter(replies.values()))}"
