"""Commands whose parameters declare their options: each is written once, with its type and help."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

Function = Callable[..., Any]


class Declared:
    """The default of a parameter of a command: what click parses for it, and what it then is."""

    def parameters(self, name: str) -> Sequence[click.Parameter]:
        """Return what click parses for the parameter called `name`."""
        raise NotImplementedError

    def value(self, name: str, given: Mapping[str, Any]) -> Any:
        """Return what the command gets, out of all that was `given`."""
        return given[name]


@dataclass(frozen=True)
class Option(Declared):
    """An option or an argument, `shown` as in its help: `-u, --unit ID...` may be repeated.

    It is called as the parameter is unless it has other names, and what stands for its value as the
    option is unless there are words for it, or `attributes` that say more.
    """

    shown: str
    attributes: Mapping[str, Any]
    kind: type[click.Parameter] = click.Option

    def parameters(self, name: str) -> Sequence[click.Parameter]:
        """Return the one that it is."""
        words, attributes = self.shown.split(), dict(self.attributes)
        names = [word.removesuffix(",") for word in words if word.startswith("-")]
        metavar = " ".join(words[len(names) :])
        if self.kind is click.Option:
            names = names or [f"--{name.replace('_', '-')}"]
            if metavar.endswith("..."):
                attributes["multiple"], metavar = True, metavar.removesuffix("...")
            if not (metavar or attributes.keys() & {"type", "is_flag", "default"}):
                metavar = names[-1].removeprefix("--").upper()
        made = self.kind([name, *names], metavar=metavar or None, **attributes)
        if isinstance(made, click.Option):
            made.help = attributes.get("help")  # a sentence: click would make plain text of it
        return [made]


@dataclass(frozen=True)
class Together(Declared):
    """Options that are one parameter: the `value_of` what each of them is."""

    options: Mapping[str, Any]
    value_of: Callable[[Mapping[str, Any]], Any]

    def parameters(self, name: str) -> Sequence[click.Parameter]:  # noqa: ARG002
        """Return the options, in their order."""
        return [each for key, one in self.options.items() for each in one.parameters(key)]

    def value(self, name: str, given: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """Return what they come to."""
        return self.value_of({key: one.value(key, given) for key, one in self.options.items()})


def argument(shown: str = "", **attributes: Any) -> Any:
    """Declare an argument, such as INVENTORY."""
    return Option(shown, attributes, click.Argument)


def option(shown: str = "", **attributes: Any) -> Any:
    """Declare an option, such as `-o, --out FILE`."""
    return Option(shown, attributes)


def flag(shown: str = "", *, help: str) -> Any:  # noqa: A002
    """Declare an option without a value."""
    return Option(shown, {"is_flag": True, "help": help})


class _Changing(click.Command):
    """A command that leaves something half done when it is interrupted: who does that is told."""

    def invoke(self, ctx: click.Context) -> Any:
        """Note that the run changes something, unless it is dry."""
        ctx.ensure_object(dict)["changing"] = not ctx.params.get("dry_run")
        return super().invoke(ctx)


def command(
    group: click.Group | None = None,
    name: str | None = None,
    *,
    changes: bool = False,
    **attributes: Any,
) -> Callable[[Function], click.Command]:
    """Make a command of a function: its docstring is the help, its parameters are the options.

    `changes` tells whether an interruption leaves something half done.
    """

    def made(function: Function) -> click.Command:
        parameters = inspect.signature(function).parameters.values()
        declared: dict[str, Declared] = {each.name: each.default for each in parameters}

        def called(**given: Any) -> Any:
            return function(**{key: one.value(key, given) for key, one in declared.items()})

        found = (_Changing if changes else click.Command)(
            name or function.__name__,
            params=[each for key, one in declared.items() for each in one.parameters(key)],
            callback=called,
            help=inspect.getdoc(function),
            **attributes,
        )
        if group:
            group.add_command(found)
        return found

    return made
