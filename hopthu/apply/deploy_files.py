"""The deploy files of a run: hopthu's, and over them those of a province's own repository."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

from hopthu.tool.resources import layers

PACKAGE = "deploys"
SITE = "site.py"


def laid_over(root: Path) -> Path:
    """Make `deploys.NAME` the file of `root` where it has one, hopthu's else; return `site.py`.

    Deploys import each other as `deploys.NAME`. An installed hopthu has no package of that name on
    the search path: it would take the name from everybody else.
    """
    folders = layers(PACKAGE, root)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]
    spec = ModuleSpec(PACKAGE, None, is_package=True)
    spec.submodule_search_locations = [str(folder) for folder in folders]
    sys.modules[PACKAGE] = module_from_spec(spec)
    return next(folder / SITE for folder in folders if (folder / SITE).is_file())
