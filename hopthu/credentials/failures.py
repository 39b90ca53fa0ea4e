"""What may fail after passwords were set, which are shown all the same."""

from __future__ import annotations

from pathlib import Path

from hopthu.credentials.issued import Issued
from hopthu.errors import HopthuError, HostFailed
from hopthu.i18n.message import Message


def unrecorded(error: HostFailed) -> HostFailed:
    """Return the failure to record a run."""
    return HostFailed(
        Message("this run is not on record as it should be: {reason}", reason=error.what)
    )


def undated(error: HostFailed) -> HostFailed:
    """Return the failure to tell slapd a deadline."""
    return HostFailed(
        Message("the directory was not told the deadline, which counts for mail only: {reason}",
                reason=error.what),
        fix=Message("reset the passwords, or apply"),
    )  # fmt: skip


def stopped_again(person: str) -> HostFailed:
    """Return that somebody who was stopped or given a client password meanwhile is stopped."""
    return HostFailed(
        Message("{person} is stopped from sending, and has client passwords", person=person),
        fix=Message("reset the password once more, which takes them away"),
    )


def unwritten(path: Path, error: OSError) -> HopthuError:
    """Return the failure to write the slips of a unit."""
    return HopthuError(
        Message("{path} cannot be written, and its passwords are lost: {reason}",
                path=path, reason=error.strerror),
        fix=Message("reset the passwords of this unit"),
    )  # fmt: skip


def refused(one: Issued, reason: str) -> HostFailed:
    """Return the failure to set a password."""
    return HostFailed(
        Message(
            "the directory refused the password of {person}, and none after it was tried: {reason}",
            person=one.mailbox.id,
            reason=reason,
        ),
        fix=Message("run it again for those who are missing"),
    )
