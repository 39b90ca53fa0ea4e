"""Find the deploy files of a run: those of the province's repository, else hopthu's own."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

from hopthu.tool.resources import layers
from hopthu.tool.written_code import run_as_written

PACKAGE = "deploys"
SITE = "site.py"


def laid_over(root: Path) -> Path:
    """Make `deploys.NAME` import the file of `root`, else hopthu's own; return `site.py`.

    Deploys import each other as `deploys.NAME`. An installed hopthu has no package of that name on
    the search path, because it would clash with other packages. What was reviewed is their text,
    so no byte code of theirs is used.
    """
    folders = layers(PACKAGE, root)
    run_as_written(*folders)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]
    spec = ModuleSpec(PACKAGE, None, is_package=True)
    spec.submodule_search_locations = [str(folder) for folder in folders]
    sys.modules[PACKAGE] = module_from_spec(spec)
    return next(folder / SITE for folder in folders if (folder / SITE).is_file())
