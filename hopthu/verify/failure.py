"""What the service has not done, by what was expected of it."""

from __future__ import annotations

from hopthu.i18n.message import Message


class ProbeFailed(Exception):
    """The service did not do what it must; `message` names what was expected and what happened."""

    def __init__(self, *, expected: str, got: str) -> None:
        """Store both parts; each is a `Message`, or a text of the protocol such as `5xx`."""
        self.message = Message("expected {expected}; got {got}", expected=expected, got=got)
        super().__init__(self.message)
        self.expected = expected
        self.got = got


class NothingToTry(Exception):
    """There is nothing in the data on which the probe could be tried; `message` says what."""

    def __init__(self, message: Message) -> None:
        """Store the reason, for which the probe is skipped."""
        super().__init__(message)
        self.message = message
