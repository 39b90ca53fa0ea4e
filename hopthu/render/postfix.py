"""Placeholder until the deploy of postfix lands in the next commits."""

from __future__ import annotations

from hopthu.render.context import Context
from hopthu.render.files import Files


def files(context: Context) -> Files:
    """Return the configuration files of postfix."""
    raise NotImplementedError


def tables(context: Context) -> Files:
    """Return the look-up tables of postfix."""
    raise NotImplementedError
