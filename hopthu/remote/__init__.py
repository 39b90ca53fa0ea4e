"""Programs that run on hosts; they are sent over SSH, and nothing is installed there."""

from __future__ import annotations

import io
import json
import shlex
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files

from hopthu.daemons.program import with_imports

_LOAD = """
import sys, types
for name in ("hopthu", "hopthu.remote"):
    sys.modules[name] = types.ModuleType(name)
for name, text in {modules!r}:
    module = sys.modules["hopthu.remote." + name] = types.ModuleType("hopthu.remote." + name)
    exec(compile(text, name, "exec"), module.__dict__)
module.main()
"""


_CALL = """
import os, sys
size = int(sys.stdin.buffer.readline())
sent = os.memfd_create("hopthu")
os.write(sent, sys.stdin.buffer.read(size))
sys.path.insert(0, f"/proc/self/fd/{sent}")
from hopthu.remote.host.main import main
main()
"""

CALL = shlex.join(["python3", "-IS", "-X", "utf8", "-c", _CALL])
"""The command of every call on a host; what is called and with which arguments is in its input."""


Question = tuple[str, str, Sequence[object], Mapping[str, object]]
"""The name of a module of `hopthu.remote.host` and of its function, arguments and options."""


def question(function: Callable[..., object], *arguments: object, **options: object) -> Question:
    """Return a call of a function of `hopthu.remote.host`, as a host is sent it."""
    return function.__module__.rpartition(".")[2], function.__name__, arguments, options


def call(function: Callable[..., object], *arguments: object, **options: object) -> bytes:
    """Return the input of `CALL` for a function of `hopthu.remote.host`, which is sent along."""
    asked = question(function, *arguments, **options)
    return _input(asked, [asked])


def call_all(questions: Sequence[Question]) -> bytes:
    """Return the input of `CALL` for several questions, whose results come as one list."""
    return _input(("main", "answers", [questions], {}), questions)


def _input(asked: Question, needing: Sequence[Question]) -> bytes:
    package = _package(frozenset(module for module, *_ in needing))
    return b"%d\n%b%b\n" % (len(package), package, json.dumps(asked).encode())


@cache
def _package(modules: frozenset[str]) -> bytes:
    """Return modules, and what answers calls, as a zip archive from which Python imports them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in with_imports({"main", *modules}).items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


@cache
def script(name: str) -> str:
    """Return the text of the script called `name`, such as `copy_run.py`."""
    return (files(__name__) / name).read_text(encoding="utf-8")


def program(modules: Sequence[str]) -> str:
    """Return one Python text of several modules of this folder, which calls `main` of the last.

    Each may import those before it, by their full names.
    """
    return _LOAD.format(modules=[(name, script(f"{name}.py")) for name in modules])
