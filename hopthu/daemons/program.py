"""Programs of hosts: modules of hopthu/remote/host, as a folder that Python runs."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files as resources

from hopthu.render.files import File, Files


def program(place: str, main: str, modules: Sequence[str]) -> Files:
    """Return the files of a program below `place` that calls `main` of the module it names.

    `modules` are all that it imports: they are what other parts of hopthu run on hosts, too.
    """
    folder = resources("hopthu.remote.host")
    texts = {f"{name}.py": (folder / f"{name}.py").read_text("utf-8") for name in modules}
    inside = {f"hopthu/remote/host/{name}": text for name, text in texts.items()}
    above = dict.fromkeys(("hopthu/__init__.py", "hopthu/remote/__init__.py"), "")
    begin = f"from hopthu.remote.host.{main} import main\n\nmain()\n"
    everything = {"__main__.py": begin, **above, **inside}
    return {f"{place}/{path}": File.text(text) for path, text in everything.items()}
