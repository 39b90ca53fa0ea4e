"""Placeholder until the deploy of openldap lands in the next commits."""

from __future__ import annotations

from hopthu.render.context import Context
from hopthu.render.files import Files


def files(context: Context) -> Files:
    """Return the configuration files of openldap."""
    raise NotImplementedError
