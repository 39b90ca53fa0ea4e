"""What every renderer is given, and the Jinja environment they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

from hopthu.desired.state import Desired
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Policy
from hopthu.tool.resources import layers, resource

TEMPLATES = "templates"


@dataclass(frozen=True, slots=True)
class Context:
    """One host, its centre, what should exist, and the rules: all a renderer may look at.

    `keys` holds the secret files by name (`host.key`, `dkim.key`) and the public ones beside them
    (`ca.pem`, `host.pem`); only the renderers of TLS and DKIM use it. `templates` are the folders a
    template is looked for in, the first that has it decides.
    """

    host: Host
    centre: Centre
    desired: Desired
    policy: Policy
    keys: Mapping[str, bytes]
    templates: tuple[Path, ...] = field(default_factory=lambda: (resource(TEMPLATES),))


def of_root(root: Path) -> tuple[Path, ...]:
    """Return the folders of templates for a repository: its own over hopthu's."""
    return layers(TEMPLATES, root)


@cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    # Output is configuration, not HTML: what may come from the data is checked by the schemas and
    # written through the filters of each renderer.
    return Environment(  # noqa: S701
        # `hopthu/NAME` is our own in any case: one laid over it may include it and add to it.
        loader=ChoiceLoader(
            [
                FileSystemLoader(folders),
                PrefixLoader({"hopthu": FileSystemLoader(resource(TEMPLATES))}),
            ]
        ),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def names(folder: str, context: Context) -> list[str]:
    """Return the names of all templates below `folder`, sorted, whichever layer has them."""
    places = [layer / folder for layer in context.templates]
    files = {p.relative_to(place) for place in places for p in place.rglob("*") if p.is_file()}
    return [path.as_posix() for path in sorted(files)]


def template(name: str, context: Context, **values: Any) -> str:
    """Render the template `NAME`.

    A name the template uses and nobody gave is an error (`jinja2.UndefinedError`), never an empty
    string in a server's configuration.
    """
    return (
        _environment(context.templates)
        .get_template(name)
        .render(
            host=context.host,
            centre=context.centre,
            policy=context.policy,
            domain=context.desired.domain,
            **values,
        )
    )
