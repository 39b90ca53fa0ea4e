"""Starting programs while gevent is active, as in every apply."""

from __future__ import annotations

import subprocess
import sys

# In a program of its own: gevent patches the standard library for good.
UNDER_GEVENT = """
from hopthu.apply import engine
import os, signal, subprocess, tempfile
from gevent import subprocess as theirs

forks = []
theirs.fork = lambda fork=theirs.fork: (forks.append(1), fork())[1]

def run(*argv, **how):
    done = subprocess.run([*argv], capture_output=True, text=True, **how)
    return done.returncode, done.stdout, done.stderr

def both(*argv):
    return subprocess.run([*argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout

def quiet(*argv):
    none = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    return subprocess.run([*argv], **none).returncode
"""


CLAIMS = """
run("sh", "-c", "cat; echo no >&2; exit 7", input="yes") == (7, "yes", "no\\n")
len(run("cat", input="x" * 500_000)[1]) == 500_000  # more than a pipe holds, both ways
run("sh", "-c", "kill -9 $$")[0] == -9
run("sh", "-c", "echo $A", env={"A": "b", "PATH": os.environ["PATH"]})[1] == "b\\n"
run("sh", "-c", "[ $(ps -o sid= -p $$) = $$ ]", start_new_session=True)[0] == 0
run("sh", "-c", "[ $(ps -o sid= -p $$) = $$ ]")[0] == 1
run("bash", "-c", "yes | head -n 1; echo ${PIPESTATUS[0]}")[1] == "y\\n141\\n"  # by SIGPIPE
run("sh", "-c", "ls /proc/self/fd")[1].split() == ["0", "1", "2", "3"]
both("sh", "-c", "echo a; echo b >&2") == b"a\\nb\\n"
quiet("sh", "-c", "cat; echo no >&2; exit 3") == 3
"""


def test_programs_start_without_fork() -> None:
    """They inherit only what they are given, and their exit status is known."""
    lines = (f"assert {claim}" for claim in CLAIMS.strip().splitlines())
    _succeeds("\n".join([UNDER_GEVENT, *lines, "assert not forks"]))


def test_other_arguments_use_fork() -> None:
    """Everything that gevent supports still works."""
    _succeeds(f"""{UNDER_GEVENT}
assert "/\\n" == run("pwd", cwd="/")[1]
assert 3 == subprocess.run("exit 3", shell=True).returncode
with tempfile.TemporaryDirectory() as folder:
    os.symlink("/bin/echo", folder + "/only-there")
    assert "yes\\n" == run("only-there", "yes", env={{"PATH": folder}})[1]
assert 3 == len(forks)
""")


def test_pipes_are_closed_and_files_of_the_caller_are_not() -> None:
    """Nothing is left open after many programs."""
    _succeeds(f"""{UNDER_GEVENT}
with tempfile.TemporaryFile() as file:
    subprocess.run(["echo", "yes"], stdout=file)
    file.seek(0)
    assert b"yes\\n" == file.read()
run("true")
before = os.listdir("/proc/self/fd")
for _ in range(5):
    run("true")
    try:
        run("no-such-program")
        raise AssertionError("it was found")
    except FileNotFoundError as error:
        assert "no-such-program" == error.filename
assert before == os.listdir("/proc/self/fd")
assert not forks
""")


def test_programs_run_concurrently() -> None:
    """A waiting program does not block others, and a timeout ends one."""
    _succeeds(f"""{UNDER_GEVENT}
from concurrent.futures import ThreadPoolExecutor
with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
    waiting = pool.submit(run, "sh", "-c", f"until [ -e {{folder}}/go ]; do sleep 0.05; done")
    assert 0 == pool.submit(run, "touch", f"{{folder}}/go").result()[0]
    assert (0, "", "") == waiting.result()
try:
    run("sleep", "60", timeout=0.2)
    raise AssertionError("it was waited for")
except subprocess.TimeoutExpired:
    pass
""")


def _succeeds(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert (0, "") == (done.returncode, done.stderr)
