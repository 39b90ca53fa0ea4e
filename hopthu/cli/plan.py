"""`hopthu plan`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from itertools import groupby
from pathlib import Path

import click

from hopthu.cli.options import common
from hopthu.desired import desired
from hopthu.plan import Plan, at_revision, basis_of, diff
from hopthu.validate import read

_SIGNS = {"create": "+", "add": "+", "grant": "+", "erase": "-", "remove": "-", "revoke": "-"}


@click.command()
@click.option("--base", default="HEAD", show_default=True, help="The git revision to compare with.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="markdown is for a comment on a pull request.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the JSON here.")
@common
def plan(root: Path, on: date, base: str, form: str, out: Path | None) -> None:
    """Show what the working copy changes against a git revision, in words of the domain.

    Needs no server. Mailboxes, addresses and who may use which unit mailbox, each with the
    documents it rests on.
    """
    loaded = read(root, on)
    before, commit = at_revision(root, base, on)
    after = desired(loaded.organisation, loaded.policy, on)
    changes = diff(before, after, basis_of(loaded.organisation, on))
    made = Plan(on, commit, "working copy", changes)
    if out:
        out.write_text(made.as_json(), encoding="utf-8")
    click.echo(_FORMATS[form](made), nl=False)


def _text(made: Plan) -> str:
    if not made.changes:
        return f"Nothing changes on {made.on} against {made.base[:12]}.\n"
    lines = []
    for kind, changes in groupby(made.changes, key=lambda c: c.kind):
        lines.append(f"{kind}")
        for change in changes:
            sign = _SIGNS.get(change.action, "~")
            basis = f"  [{', '.join(change.basis)}]" if change.basis else ""
            lines.append(f"  {sign} {change.action} {change.id}: {change.summary}{basis}")
    lines.append(f"{len(made.changes)} change(s) on {made.on} against {made.base[:12]},")
    lines.append(f"checksum {made.checksum[:16]}")
    return "\n".join(lines) + "\n"


def _markdown(made: Plan) -> str:
    if not made.changes:
        return f"Nothing changes on {made.on}.\n"
    lines = [
        f"**{len(made.changes)} change(s)** on {made.on}, checksum `{made.checksum[:16]}`\n",
        "| what | action | id | | basis |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {c.kind} | {c.action} | `{c.id}` | {_cell(c.summary)} | {', '.join(c.basis)} |"
        for c in made.changes
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Keep a name from the data from ending a table cell or starting markup."""
    for mark in "\\|`<>[]*_":
        text = text.replace(mark, f"\\{mark}")
    return text


_FORMATS: Mapping[str, Callable[[Plan], str]] = {
    "text": _text,
    "markdown": _markdown,
    "json": Plan.as_json,
}
