"""`hopthu init`."""

from __future__ import annotations

from pathlib import Path

from hopthu.cli.clock import today
from hopthu.cli.command import argument, command, flag, option
from hopthu.cli.options import LANG, PATH
from hopthu.cli.output import fact, say
from hopthu.errors import DataError, UsageError
from hopthu.i18n.message import Message
from hopthu.init.creation import create
from hopthu.init.guide import next_steps
from hopthu.init.names import valid_domain, valid_province
from hopthu.init.repository import repository


@command()
def init(
    folder: Path = argument("DIR", type=PATH),
    domain: str | None = option(
        "DOMAIN", help="The mail domain of every address, such as tinh.gov.vn."
    ),
    province: str | None = option(
        "NAME", help="The name of the province, such as 'tỉnh Thanh Hóa'."
    ),
    empty: bool = flag(help="Leave out the invented people and their unit."),
    git: bool = option(
        "--git/--no-git", default=True, help="Create a git repository.  [default: --git]"
    ),
    language: str = LANG,  # noqa: ARG001  (what is said is in it)
) -> None:
    """Create a province's own repository in DIR, a new or empty folder.

    It contains valid data, an example inventory, pipelines for GitHub and GitLab, and a README that
    explains the next steps. The data has a few invented people, to try things on; with --empty, to
    begin with your own, it has nobody. You are asked for what is not given. DIR may lie in a git
    repository, or be an empty clone: then no git repository is created. If anything fails, nothing
    is left behind.

    The tool stays apart: requirements.txt names the hopthu to install. Templates and deploys are
    hopthu's own, unless templates/ or deploys/ of the repository has a file of the same name.

    \b
      hopthu init thanhhoa --domain thanhhoa.gov.vn --province "tỉnh Thanh Hóa"

    Exit codes: 0 if the repository was created, 2 if DIR is not empty or a value is not valid.
    """  # noqa: D301  (click reads the backspace)
    name = fact("--province", province, Message("Name of the province"), valid_province)
    domain = fact("--domain", domain, Message("Mail domain"), valid_domain)
    folder = Path(folder.absolute())
    try:
        files = repository(name, domain, examples=not empty)
        create(folder, files, today(), git=git)
    except DataError as error:  # only what was asked for can be at fault
        first = next(each for each in error.problems if each.severity == "error")
        raise UsageError(
            Message("{problem}", problem=first.what), fix=Message("{fix}", fix=first.fix)
        ) from error
    say(next_steps(folder, examples=not empty))
