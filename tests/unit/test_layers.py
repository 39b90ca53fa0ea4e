"""Which part of `hopthu` may import which: the flow has one direction."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from syntax import imports, nodes, parsed

PACKAGE = Path(__file__).parents[2] / "hopthu"
LAYERS = (
    *("tool", "i18n", "diagnostics", "errors", "events", "fan_out", "source", "schema"),
    *(
        "inventory",
        "memoize",
        "model",
        "desired",
        "load",
        "rules",
        "validate",
        "directory",
        "render",
    ),
    *("git", "daemons", "plan", "personnel", "editing"),
    *(
        "remote",
        "answers",
        "ssh",
        "operations",
        "migration",
        "engine",
        "history",
        "servers",
        "apply",
        "rollback",
    ),
    *(
        "drift",
        "daily",
        "copies",
        "archive",
        "verify",
        "show",
        "credentials",
        "mail_import",
        "codeowners",
        "lab",
        "docs",
        "init",
        "app",
        "cli",
        "__main__",
    ),
)
"""From the bottom up: each may import itself and whatever stands before it."""

PURE = LAYERS[: LAYERS.index("remote")]
"""What works out a plan: nothing here speaks to a server."""

COMPUTES = {
    *(
        "__future__",
        "ast",
        "base64",
        "binascii",
        "bisect",
        "codecs",
        "collections",
        "collections.abc",
    ),
    *("concurrent.futures", "contextlib", "csv", "dataclasses", "datetime", "difflib", "functools"),
    *("gc", "gettext", "graphlib", "hashlib", "hmac", "html", "importlib", "importlib.metadata"),
    *(
        "importlib.util",
        "io",
        "ipaddress",
        "itertools",
        "json",
        "math",
        "operator",
        "os",
        "pathlib",
    ),
    *("pkgutil", "posixpath", "re", "runpy", "secrets", "stat", "string", "struct", "sys"),
    *("tempfile", "time", "traceback", "types", "typing", "unicodedata", "urllib.parse", "uuid"),
    *("xml.etree", "zipfile", "zlib"),
    *("babel", "cerberus", "click", "cryptography", "jinja2", "passlib", "pyrage"),
    *("python_calamine", "xlsxwriter", "yaml"),
}
"""What a plan may be worked out with: modules that speak to nobody, and start nothing."""
STARTS = {
    "git/repository.py": {"subprocess"},
    "personnel/child.py": {"resource"},
    "personnel/spreadsheet.py": {"subprocess"},
    "tool/signals.py": {"signal"},
    "tool/version.py": {"subprocess"},
}
"""Git is started to read history, and a process of our own to read a workbook within limits."""

PATCHING = {"gevent", "paramiko", "pyinfra_cli"}


def files(layer: str) -> list[Path]:
    """Return the files of a layer: of a package, or the one module."""
    folder = PACKAGE / layer
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{layer}.py"]


def imported_layers(path: Path) -> set[str]:
    """Return the parts of `hopthu` that a file imports."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("hopthu.")}


def test_every_part_has_its_layer() -> None:
    """A new package takes its place here, and in ARCHITECTURE.md."""
    parts = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.parent.name for path in PACKAGE.glob("*/__init__.py")
    }
    assert sorted(LAYERS) == sorted(parts - {"__init__"})


def test_at_most_ten_modules_lie_directly_in_the_package() -> None:
    """Whatever belongs together has a folder."""
    assert len(list(PACKAGE.glob("*.py"))) <= 10


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_downwards(layer: str) -> None:
    """No layer imports one above it, so no two import each other."""
    allowed = {*LAYERS[: LAYERS.index(layer) + 1]}
    wrong = {
        str(path.relative_to(PACKAGE)): sorted(above)
        for path in files(layer)
        if (above := imported_layers(path) - allowed)
    }
    assert {} == wrong


def test_planning_speaks_to_no_server() -> None:
    """Up to the plan everything is worked out from files, with what is known to speak to nobody."""
    more = {
        path.relative_to(PACKAGE).as_posix(): found
        for layer in PURE
        for path in files(layer)
        if (found := {top_of(name) for name in imports(path)} - {"hopthu", *COMPUTES})
    }
    assert STARTS == more


def top_of(name: str) -> str:
    """Return the name of the module that is imported, as `COMPUTES` has it: else its package."""
    parts = name.split(".")
    known = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((each for each in known if each in COMPUTES), parts[0])


@pytest.mark.parametrize("line", ["import urllib.request", "from ssl import wrap", "import ftplib"])
def test_a_way_out_is_found(tmp_path: Path, line: str) -> None:
    """The test can fail."""
    file = tmp_path / "module.py"
    file.write_text(line, encoding="utf-8")
    assert {top_of(name) for name in imports(file)} - COMPUTES


def test_only_the_engine_patches_the_standard_library() -> None:
    """Whoever imports these has other threads, sockets and processes than Python's."""
    wrong = {
        str(path.relative_to(PACKAGE)): sorted(found)
        for layer in LAYERS
        if layer != "engine"
        for path in files(layer)
        if (found := {name.split(".")[0] for name in imports(path)} & PATCHING)
    }
    assert {} == wrong


def test_the_operators_process_loads_no_pyinfra() -> None:
    """What commands import, and what that imports: pyinfra is the engine's alone."""
    loaded, found = set(files("cli")), set[Path]()
    while found := {other for path in found or loaded for other in imported_modules(path)} - loaded:
        loaded |= found
    assert PACKAGE / "servers/reader.py" in loaded
    using = {
        path.relative_to(PACKAGE).as_posix()
        for path in loaded
        if {name.split(".")[0] for name in imports(path)} & {"pyinfra", *PATCHING}
    }
    assert set() == using


def test_no_two_modules_import_each_other() -> None:
    """Not for types alone either: each can be read, and moved, without the other."""
    graph = {path: imported_modules(path) for path in PACKAGE.rglob("*.py")}
    found = {
        frozenset(str(each.relative_to(PACKAGE)) for each in (path, other))
        for path, others in graph.items()
        for other in others
        if path in graph.get(other, ())
    }
    assert set() == found


def imported_modules(path: Path) -> set[Path]:
    """Return the modules of `hopthu` that a file imports, by the longest name that is one."""
    return {module for name in imports(path) if (module := module_of(name))}


@cache
def module_of(name: str) -> Path | None:
    """Return the module of `hopthu` that has a name, or something that is called so."""
    parts = name.split(".")
    ends = range(len(parts), 1, -1) if parts[0] == "hopthu" else ()
    found = (PACKAGE.parent.joinpath(*parts[:end]).with_suffix(".py") for end in ends)
    return next((module for module in found if module.is_file()), None)


def test_production_knows_no_lab() -> None:
    """Its own command imports it, and the pictures of docs/; all else, its inventory brings."""
    outside = [path for path in PACKAGE.rglob("*.py") if path.parent.name != "lab"]
    using = {
        path.relative_to(PACKAGE).as_posix() for path in outside if "lab" in imported_layers(path)
    }
    assert {"cli/lab.py", "docs/pictures.py"} == using


def test_edits_read_no_list() -> None:
    """But those that a list makes."""
    using = {path.name for path in files("editing") if "personnel" in imported_layers(path)}
    assert {f"listed_{name}.py" for name in ("changes", "check", "ids")} == using


def test_order_the_other_way_is_found(tmp_path: Path) -> None:
    """The test can fail: an import inside a function counts as well."""
    file = tmp_path / "module.py"
    file.write_text("def f():\n    from hopthu.apply import run\n", encoding="utf-8")
    assert {"apply"} == imported_layers(file)


def test_use_cases_import_at_the_top_of_a_module() -> None:
    """What is put off for its cost is a module of its own; the command line chooses."""
    assert {} == {
        path.name: names
        for path in files("app")
        if (names := sorted({*imports(path)} - {*imports_at_the_top(path)}))
    }


def imports_at_the_top(path: Path) -> Iterator[str]:
    """Yield the names that a file imports outside functions."""
    for node in parsed(path).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


AMBIENT = {
    *("os.environ", "os.getenv", "os.getcwd", "pathlib.Path.cwd", "pathlib.Path.home"),
    *("datetime.date.today", "datetime.datetime.now", "datetime.datetime.utcnow"),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.strftime"),
    *("email.utils.formatdate", "email.utils.localtime"),
    *("socket.gethostname", "socket.getfqdn", "platform.node", "getpass.getuser", "os.getlogin"),
}
"""What differs by when, where and by whom a program is run; stop-watches are none of it."""
AMBIENT_MODULES = {name.split(".")[0] for name in AMBIENT}
READS_IT = ("cli", "lab", "remote", "operations/site.py")
"""The command line, the lab, pyinfra's engine and what it runs, and what runs on hosts."""
READS_IT_STILL = {
    "app/daily.py": {"socket.gethostname"},
    "apply/run_context.py": {"socket.gethostname"},
    "drift/mail.py": {"email.utils.formatdate"},
    "engine/connection.py": {"pathlib.Path.home"},
    "source/cache.py": {"os.environ", "pathlib.Path.home", "time.time"},
    "verify/accounts.py": {"datetime.datetime.now"},
    "verify/context.py": {"time.time"},
    "verify/messages.py": {"datetime.datetime.now"},
}
"""What is given a `Workspace` in time is taken out here."""


def ambient(path: Path) -> set[str]:
    """Return what a file reads of the clock, the environment and the working directory."""
    bound = dict(bindings(path))
    names = {name for name, full in bound.items() if full.split(".")[0] in AMBIENT_MODULES}
    return {
        f"{bound[first]}.{rest}".rstrip(".")
        for node in nodes(path)
        if isinstance(node, (ast.Attribute, ast.Name)) and root_name(node) in names
        for first, _, rest in (ast.unparse(node).partition("."),)
    } & AMBIENT


def bindings(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the names that imports bind, each with what it stands for in full."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            for each in node.names:
                bound = each.name.split(".")[0]
                yield (each.asname, each.name) if each.asname else (bound, bound)
        elif isinstance(node, ast.ImportFrom):
            for each in node.names:
                yield each.asname or each.name, f"{node.module}.{each.name}"


def test_clock_environment_and_folder_are_read_at_the_edge() -> None:
    """And passed on from there: the same call gives the same result, for whoever makes it."""
    inside = (path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
    read = {name: ambient(PACKAGE / name) for name in inside if not name.startswith(READS_IT)}
    assert READS_IT_STILL == {name: found for name, found in read.items() if found}


@pytest.mark.parametrize(
    "text",
    [
        "import os\nfrom datetime import datetime\ndef f(now=datetime.now): return os.environ['x']",
        "import time as t\nt.time()",
        "from time import time_ns as now\nnow()",
        "import email.utils\nemail.utils.formatdate(localtime=True)",
        "def f():\n    from pathlib import Path\n    return Path.home() / 'x'",
    ],
)
def test_reading_the_clock_is_found(tmp_path: Path, text: str) -> None:
    """The test can fail: wherever it is read, by whichever name, and if it is handed on unread."""
    file = tmp_path / "module.py"
    file.write_text(text, encoding="utf-8")
    assert ambient(file)


SWITCH = {"engine/driver.py": {"pyinfra.is_cli"}}
"""The one thing that hopthu sets on code of others: pyinfra's own command line sets it as well."""


def test_nothing_of_others_is_replaced() -> None:
    """What a library does is what its documentation says, whoever has imported hopthu."""
    inside = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}
    assert SWITCH == {name: found for name, path in inside.items() if (found := replaced(path))}


def replaced(path: Path) -> set[str]:
    """Return what a file sets on modules and classes of others, and on any object unseen."""
    foreign = set(imported_names(path))
    stored = (n for n in nodes(path) if isinstance(getattr(n, "ctx", None), (ast.Store, ast.Del)))
    return {
        ast.unparse(node)
        for node in stored
        if (isinstance(node, ast.Attribute) and root_name(node) in foreign)
        or (isinstance(node, ast.Subscript) and is_namespace(node.value))
    } | {
        ast.unparse(node)
        for node in nodes(path)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("setattr", "delattr")
    }


def imported_names(path: Path) -> Iterator[str]:
    """Yield the names that imports from outside hopthu bind."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            others = [each for each in node.names if not each.name.startswith("hopthu")]
            yield from (each.asname or each.name.split(".")[0] for each in others)
        elif isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("hopthu"):
            yield from (each.asname or each.name for each in node.names)


def root_name(node: ast.expr) -> str:
    """Return the first name of a dotted expression, empty if it begins with something else."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_namespace(node: ast.expr) -> bool:
    """Return whether an expression is the table of the attributes of an object."""
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) == "vars"
    return isinstance(node, ast.Attribute) and node.attr == "__dict__"


@pytest.mark.parametrize(
    "line",
    [
        "import inspect\ninspect.stack = None",
        "from pyinfra.api import util as tools\ntools.stack, x = None, 1",
        "from pyinfra.api import Host\nHost.get_fact = None",
        "from pyinfra import host\ndel host.data",
        "vars(host)['get_fact'] = None",
        "host.__dict__['get_fact'] = None",
        "setattr(host, name, None)",
    ],
)
def test_a_replacement_is_found(tmp_path: Path, line: str) -> None:
    """The test can fail: a module, a class under another name, an object by any way around."""
    file = tmp_path / "module.py"
    file.write_text(line, encoding="utf-8")
    assert replaced(file)


FILLED_STILL = {"operations/names.py"}
"""Beside the registry of rules, which is filled when they are imported."""


def test_neither_step_nor_run_is_kept_in_a_module() -> None:
    """What one step knows, the next is given: a module has no table that functions fill."""
    found = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if filled(path)}
    assert {"rules/book.py"} | FILLED_STILL == found


MADE_EMPTY = (
    r"\{\}|\[\]|(\w+\.)*(dict|list|set|defaultdict|deque|Weak\w+|R?Lock)\((list|dict|set|int)?\)"
)


def filled(path: Path) -> set[str]:
    """Return the empty tables and locks of a module, and what its functions rebind."""
    tree = parsed(path)
    made = (node for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign)))
    tables = {
        ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node.targets[0])
        for node in made
        if node.value is not None and re.fullmatch(MADE_EMPTY, ast.unparse(node.value))
    }
    rebound = (n for n in nodes(path) if isinstance(n, ast.Global))
    return tables | {name for node in rebound for name in node.names}


HEARS = {
    "answers.py": "hosts, within limits",
    "app/daily.py": "an apply of ours on this machine",
    "engine": "the process of ours that runs pyinfra, and its operator",
    "ssh.py": "a stream of bytes, which is read in parts",
    **dict.fromkeys(("personnel", "git", "load.py", "plan"), "what this machine has"),
    **dict.fromkeys(("directory/passwords.py", "drift/state_file.py"), "what this machine has"),
    **dict.fromkeys(("history/appending.py", "docs"), "what this program wrote"),
    "lab": "the lab on this machine",
    "verify/sieve.py": "a server as its clients do, within a limit",
}
"""Who reads JSON, or lines of others, by itself; and of whom."""


def _hears(node: ast.AST) -> bool:
    """Tell whether a node reads JSON or a line, or goes through the lines of a program."""
    if isinstance(node, ast.Attribute):
        return node.attr in {"loads", "readline", "readlines", "communicate"}
    if not isinstance(node, ast.For | ast.comprehension) or isinstance(node.iter, ast.Tuple):
        return False
    parts = [part.attr for part in ast.walk(node.iter) if isinstance(part, ast.Attribute)]
    return not {"stdout", "stderr"}.isdisjoint(parts)


def test_what_hosts_say_is_read_in_one_place() -> None:
    """`answers.py` has limits for it; programs on hosts read what is said there."""
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] != "remote" and any(map(_hears, nodes(path)))
    }
    assert set() == {each for each in found if not {each, each.partition("/")[0]} & HEARS.keys()}
