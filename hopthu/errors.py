"""Everything hopthu raises on purpose.

    HopthuError          exit 1  unexpected: a sentence still says what and how to go on
    ├── DataError        exit 2  the data is not valid; carries every problem
    │   └── RefusedData  exit 3  the data is not valid against what is deployed
    ├── UsageError       exit 2  the command cannot be understood (no such host, id or date)
    ├── Refused          exit 3  a guard, or a plan that is no longer true
    ├── HostFailed       exit 4  a host could not be reached or did not take its change
    │   └── HostRefused  exit 4  a host said itself that it did not do what was asked
    ├── Drifted          exit 5  a server is not what was applied
    ├── LabError         exit 1  the throwaway data centre cannot be had on this machine
    └── Interrupted      exit 130  Ctrl-C or SIGTERM; says what is done and what is not

Whatever is not a HopthuError is a bug and shows as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from hopthu.diagnostics.problem import Problem, as_text
from hopthu.diagnostics.regulation import Regulation
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message


class HopthuError(Exception):
    """A failure: what happened, and how to fix it where that is known; printed in any language."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: Message, *, fix: Message | None = None) -> None:
        """Keep what happened and, if there is one, the fix."""
        super().__init__(what)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what}\n  fix: {self.fix}" if self.fix else self.what

    def text(self, language: str) -> str:
        """Return what is printed of it, without the end of the last line."""
        what = f"{translate(Message('error'), language)}: {translate(self.what, language)}"
        if self.fix is None:
            return what
        return f"{what}\n  {translate(Message('fix'), language)}: {translate(self.fix, language)}"


class DataError(HopthuError):
    """The YAML is not valid: `problems` holds all of them, sorted, `regulation` what they cite."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem], regulation: Regulation) -> None:
        """Keep every problem; the command line prints them."""
        super().__init__(Message("{number} problem(s) in the data", number=len(problems)))
        self.problems = tuple(problems)
        self.regulation = regulation

    def text(self, language: str) -> str:
        """Return every problem; severities contain colour codes, as in `as_text`."""
        text = as_text(self.problems, language, regulation=self.regulation, colour=True)
        return text.removesuffix("\n")


class RefusedData(DataError):
    """The data breaks a rule between revisions, compared with what is deployed."""

    exit_code = 3


class UsageError(HopthuError):
    """The command names something that is not there, or cannot be read."""

    exit_code = 2


class Refused(HopthuError):
    """A guard stopped the change, or the reviewed plan is stale."""

    exit_code = 3


class HostFailed(HopthuError):
    """A host could not be reached, or refused its new configuration."""

    exit_code = 4


class HostRefused(HostFailed):
    """A host did not do what was asked, and says why: nothing of it goes on there."""


class Drifted(HopthuError):
    """A server holds something that was not applied."""

    exit_code = 5


class Interrupted(HopthuError):
    """The run was ended by Ctrl-C or SIGTERM; says what is done and what is not."""

    exit_code = 130

    def text(self, language: str) -> str:
        """Return the sentence alone: nothing went wrong."""
        return translate(self.what, language)


class LabError(HopthuError):
    """The lab cannot be started, found or ended; says what is missing."""
