"""What every renderer is given, and the Jinja environment they share."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)

from hopthu.desired.state import Desired
from hopthu.errors import UsageError
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

    A name the template uses and nobody gave is an error, never an empty string in a server's
    configuration. Raises `UsageError` with file and line for any fault of the template.
    """
    common = {"centre": context.centre, "policy": context.policy, "host": context.host}
    try:
        found = _environment(context.templates).get_template(name)
        return found.render(**common, domain=context.desired.domain, **values)
    except TemplateNotFound as error:
        raise _fault(name, f"{error.name}: there is no such template") from error
    except TemplateSyntaxError as error:
        raise _fault(error.name or name, f"line {error.lineno}: {error.message}") from error
    except UndefinedError as error:
        raise _fault(name, f"line {_line(error)}: {error.message}") from error
    except RecursionError as error:
        raise _fault(name, "it includes itself") from error


def _fault(name: str, what: str) -> UsageError:
    fix = "a template laid over hopthu's includes hopthu's own as `hopthu/NAME`"
    return UsageError(f"templates/{name}: {what}", fix=fix if "include" in what else "")


def _line(error: UndefinedError) -> int:
    """Return the line of the template at which rendering stopped: jinja2 rewrites tracebacks."""
    return traceback.extract_tb(error.__traceback__)[-1].lineno or 0
