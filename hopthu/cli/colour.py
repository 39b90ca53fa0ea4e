"""Colour for terminals; `click.echo` takes it out again wherever there is none."""

from __future__ import annotations

import re

import click

_HEAD = re.compile(r"^(\S+:\d+:\d+: )(error|lỗi|warning|cảnh báo)(?=: )", re.MULTILINE)
_ERRORS = {"error", "lỗi"}


def coloured(problems: str) -> str:
    """Return the text of problems with their severities in red or yellow."""

    def paint(match: re.Match[str]) -> str:
        colour = "red" if match[2] in _ERRORS else "yellow"
        return match[1] + click.style(match[2], fg=colour, bold=True)

    return _HEAD.sub(paint, problems)
