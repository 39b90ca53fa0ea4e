"""`hopthu plan`."""

from __future__ import annotations

from pathlib import Path

from hopthu.app import plan as plans
from hopthu.app.workspace import Workspace
from hopthu.cli.command import command, flag, option
from hopthu.cli.options import COMPARED_WORKSPACE, FILE, NO_PAGER, formats
from hopthu.cli.output import note, page, put, warn
from hopthu.errors import Refused
from hopthu.plan.format_markdown import as_markdown
from hopthu.plan.format_text import as_text


@command()
def plan(
    form: str = formats(
        "text",
        "markdown",
        "json",
        help="Text for people, markdown for a comment on a pull request, json for tools.",
    ),
    out: Path | None = option(type=FILE, help="Save the plan here, for `hopthu apply --plan`."),
    details: bool = flag(help="List every change, also where many alike are folded."),
    no_pager: bool = NO_PAGER,
    workspace: Workspace = COMPARED_WORKSPACE,
) -> int:
    """Show what the working copy would change, compared with a git revision.

    Without --base that is the last commit in common with the default branch of the remote, so that
    what was not pushed is shown as well; without a remote it is HEAD.

    No server is contacted unless --live names an inventory: then the plan starts from what its
    servers hold, and lists the files and services an apply would change.

    Every change is shown with the documents it rests on, followed by the changes that dates in the
    data will soon bring. Changes alike that have one cause are one line, with their number. Exit 3
    if a guard refuses the plan, which is shown all the same.

    An edit that `check` refuses, by itself or compared with the earlier revision, is neither shown
    nor saved: exit 2, with --live 3 for what is wrong compared with the servers. Warnings are shown
    beside the plan.
    """
    if workspace.live:
        from hopthu.app import live as servers  # noqa: PLC0415  (takes as long as a small plan)

        made = servers.plan(workspace, workspace.live)
    else:
        made = plans.plan(workspace)
    language, found = workspace.language, made.plan
    if made.remark:
        note(made.remark)
    if made.error:
        raise made.error
    warn(made.problems, made.loaded.policy.regulation)
    if out:
        put(made.as_saved(workspace), out)
    if form == "json":
        put(found.as_json(language))
    else:
        write = as_markdown if form == "markdown" else as_text
        organisation = made.loaded.organisation.at(workspace.on)
        text = write(found, organisation, language, details=details)
        page(text, wanted=not (no_pager or out))
    return Refused.exit_code if made.refused else 0
