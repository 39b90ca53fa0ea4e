"""Questions on a terminal, in the place of options that are missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import click

from hopthu.cli.output import agreed, has_terminal
from hopthu.errors import HopthuError, UsageError
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.rules.context import RuleContext

Fact = TypeVar("Fact")


@dataclass(frozen=True)
class Questions:
    """Takes facts from options, and asks for what is missing where there is a terminal."""

    facts: RuleContext
    language: str

    @property
    def asks(self) -> bool:
        """Tell whether there is a terminal to ask on."""
        return has_terminal()

    def agrees(self, question: Message, *, default: bool = False) -> bool:
        """Ask for a yes or a no."""
        return agreed(question, default=default)

    def fact(
        self, option: str, given: str | None, question: Message, meaning: Callable[[str], Fact],
        default: str = "", fix: Message | None = None,
    ) -> Fact:  # fmt: skip
        """Return what is `given`, else what is answered; raise `UsageError` if nobody answers."""
        if given is not None:
            return meaning(given)
        if not self.asks:
            raise UsageError(
                Message("{option} is missing, and there is no terminal to ask on", option=option),
                fix=fix,
            )
        return self._asked(question, default, meaning)

    def if_any(self, question: Message, meaning: Callable[[str], Fact]) -> Fact | None:
        """Ask for what there need not be; return None if nothing is answered."""
        full = Message("{question}; empty if there is none", question=question)
        return self._asked(full, "", lambda said: meaning(said) if said else None, empty=True)

    def _asked(
        self, question: Message, default: str, meaning: Callable[[str], Fact], *,
        empty: bool = False,
    ) -> Fact:  # fmt: skip
        """Ask until the answer means something."""

        def converted(said: str) -> Fact:
            try:
                return meaning(said.strip())
            except HopthuError as error:
                why = translate(error.what, self.language)
                fix = f"; {translate(error.fix, self.language)}" if error.fix else ""
                raise click.UsageError(f"{why}{fix}") from error

        proposed = default or ("" if empty else None)
        found: Fact = click.prompt(
            translate(question, self.language), default=proposed, value_proc=converted,
            show_default=bool(default),
        )  # fmt: skip
        return found
