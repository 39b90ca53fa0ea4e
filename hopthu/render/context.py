"""What every renderer is given, and the Jinja environment they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hopthu.desired.state import Desired
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Policy

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@dataclass(frozen=True, slots=True)
class Context:
    """One host, its centre, what should exist, and the rules: all a renderer may look at.

    `keys` holds the secret files by name (`host.key`, `dkim.key`) and the public ones beside them
    (`ca.pem`, `host.pem`); only the renderers of TLS and DKIM use it.
    """

    host: Host
    centre: Centre
    desired: Desired
    policy: Policy
    keys: Mapping[str, bytes]


@cache
def _environment() -> Environment:
    # Output is configuration, not HTML: what may come from the data is checked by the schemas and
    # written through the filters of each renderer.
    return Environment(  # noqa: S701
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def template(name: str, context: Context, **values: Any) -> str:
    """Render `templates/NAME`.

    A name the template uses and nobody gave is an error (`jinja2.UndefinedError`), never an empty
    string in a server's configuration.
    """
    return (
        _environment()
        .get_template(name)
        .render(
            host=context.host,
            centre=context.centre,
            policy=context.policy,
            domain=context.desired.domain,
            **values,
        )
    )
