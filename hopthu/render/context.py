"""The input of every renderer, and the Jinja environment they share."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Policy
from hopthu.render.files import File
from hopthu.tool.resources import layers, resource

TEMPLATES = "templates"


@dataclass(frozen=True, slots=True)
class Context:
    """The whole input of a renderer: one host, its centre, the desired state and the policy.

    `keys` holds the secret files by name (`host.key`, `dkim.key`) and the public ones that belong
    to them (`ca.pem`, `host.pem`); only the renderers of TLS and DKIM use it. `templates` are the
    folders that are searched for a template, in order.
    """

    host: Host
    centre: Centre
    desired: Desired
    policy: Policy
    keys: Mapping[str, bytes]
    templates: tuple[Path, ...] = field(default_factory=lambda: (resource(TEMPLATES),))

    def serving(self) -> Context:
        """Return the context in which the host serves its store, if it stands by now.

        What is rendered from it is there before a take-over, which has only to start it.
        """
        centre = self.centre.served_by(self.host)
        return replace(self, host=centre.host(self.host.name), centre=centre)

    @property
    def certificate(self) -> str:
        """Return the digest of the host's certificate and of those of its authority."""
        return hashlib.sha256(self.keys["host.pem"] + self.keys["ca.pem"]).hexdigest()


def of_root(root: Path) -> tuple[Path, ...]:
    """Return the template folders for a repository: its own first, then hopthu's."""
    return layers(TEMPLATES, root)


@cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    # Output is configuration, not HTML: values from the data are checked by the schemas and escaped
    # by the renderers.
    return Environment(  # noqa: S701
        # `hopthu/NAME` is always hopthu's own template: one that overrides it may include it.
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
    """Return the names of all templates below `folder` in any layer, sorted."""
    places = [layer / folder for layer in context.templates]
    files = {p.relative_to(place) for place in places for p in place.rglob("*") if p.is_file()}
    return [path.as_posix() for path in sorted(files)]


def template(name: str, context: Context, **values: Any) -> str:
    """Render the template `name`.

    An undefined variable is an error, never an empty string in a server's configuration. Raises
    `UsageError` with file and line for any error in the template.
    """
    common = {"centre": context.centre, "policy": context.policy, "host": context.host}
    try:
        found = _environment(context.templates).get_template(name)
        state = context.desired
        domains = {"domain": state.domain, "former_domains": state.former()}
        return found.render(**common, **domains, **values)
    except TemplateNotFound as error:
        raise _fault(name, Message("{name}: no such template", name=error.name)) from error
    except TemplateSyntaxError as error:
        what = Message("line {line}: {reason}", line=error.lineno, reason=error.message)
        raise _fault(error.name or name, what) from error
    except UndefinedError as error:
        what = Message("line {line}: {reason}", line=_line(error), reason=error.message)
        raise _fault(name, what) from error
    except RecursionError as error:
        fix = Message("an overriding template includes hopthu's own as `hopthu/NAME`")
        raise _fault(name, Message("it includes itself"), fix) from error


def rendered(
    folder: str, places: Mapping[str, str], context: Context, /, **values: Any
) -> dict[str, File]:
    """Return the files of templates in a folder; `places` has the template of each by its path."""
    return {
        path: File.text(template(f"{folder}/{name}", context, **values))
        for path, name in places.items()
    }


def _fault(name: str, what: Message, fix: Message | None = None) -> UsageError:
    message = Message("templates/{name}: {what}", name=name, what=what)
    return UsageError(message, fix=fix) if fix else UsageError(message)


def _line(error: UndefinedError) -> int:
    """Return the line of the template at which rendering stopped; jinja2 rewrites tracebacks."""
    return traceback.extract_tb(error.__traceback__)[-1].lineno or 0
