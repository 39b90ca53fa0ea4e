"""yaml-language-server, as an editor runs it: over standard input and output."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

PINS = Path(__file__).parent / "editor"
_PINS = ("package.json", "package-lock.json")
# Otherwise it would ask a catalogue on the Internet for schemas.
_SETTINGS = {"yaml": {"schemaStore": {"enable": False}, "schemas": {}}}
_CAPABILITIES = {
    "textDocument": {
        "hover": {"contentFormat": ["markdown"]},
        "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
    }
}


def install() -> Path:
    """Return the program, installed by npm from the lock file into the user's cache.

    The lock file has the digest of every package; none of them may run a program meanwhile.
    """
    pins = sha256(b"".join((PINS / name).read_bytes() for name in _PINS)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hopthu-tests"
    place = cache / f"yaml-language-server-{pins}"
    cache.mkdir(parents=True, exist_ok=True)
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.is_dir():
            with tempfile.TemporaryDirectory(dir=cache) as folder:
                new = Path(folder) / "new"
                new.mkdir()
                for name in _PINS:
                    shutil.copy(PINS / name, new)
                options = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
                subprocess.run(["npm", "ci", *options], cwd=new, check=True)
                new.rename(place)
    return place / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"


class LanguageServer:
    """A client of the Language Server Protocol, as small as the tests need it."""

    def __init__(self, read: BinaryIO, write: BinaryIO, root: Path) -> None:
        """Greet the server, for the workspace `root`."""
        self._read, self._write, self._root = read, write, root
        self._asked = 0
        self._opened = 0
        self._found: dict[str, list[dict[str, Any]]] = {}
        self.ask("initialize", processId=None, rootUri=root.as_uri(), capabilities=_CAPABILITIES)
        self._tell("initialized")

    def open(self, name: str, text: str) -> list[dict[str, Any]]:
        """Open the file `name` with `text` in it; return what the server says of it."""
        return self.open_all({name: text})[name]

    def open_all(self, texts: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
        """Open many files at once: the server waits a moment before it looks at any."""
        uris = {name: self._open(name, text) for name, text in texts.items()}
        while set(uris.values()) - self._found.keys():
            self._answer(self._receive())
        return {name: self._found[uri] for name, uri in uris.items()}

    def at(self, method: str, name: str, text: str, line: int, column: int) -> Any:
        """Return what the server knows of a place, from 1, in the file `name` with `text` in it."""
        document = {"uri": self._open(name, text)}
        position = {"line": line - 1, "character": column - 1}
        return self.ask(f"textDocument/{method}", textDocument=document, position=position)

    def _open(self, name: str, text: str) -> str:
        """Open a file under a name of its own in the same folder: answers may come late."""
        self._opened += 1
        uri = (self._root / name).with_suffix(f".{self._opened}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", textDocument=document)
        return uri

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request; return its result."""
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self._asked and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self._answer(message)

    def stop(self) -> None:
        """Say goodbye."""
        self.ask("shutdown")
        self._tell("exit")

    def _answer(self, message: dict[str, Any]) -> None:
        """Keep what the server says by itself, and give it the settings it asks for."""
        if message.get("method") == "textDocument/publishDiagnostics":
            params = message["params"]
            self._found[params["uri"]] = params["diagnostics"]
        elif "id" in message:
            result = None
            if message["method"] == "workspace/configuration":
                asked = [item["section"] for item in message["params"]["items"]]
                result = [_SETTINGS.get(section) for section in asked]
            self._send({"id": message["id"], "result": result})

    def _tell(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._write.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._write.flush()

    def _receive(self) -> dict[str, Any]:
        length = 0
        while line := self._read.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the server has ended"
        message: dict[str, Any] = json.loads(self._read.read(length))
        return message


@contextmanager
def running(program: Path, root: Path) -> Iterator[LanguageServer]:
    """Run the server for the workspace `root`."""
    with subprocess.Popen(
        ["node", str(program), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            server = LanguageServer(process.stdout, process.stdin, root)  # type: ignore[arg-type]
            yield server
            server.stop()
            assert 0 == process.wait()
        finally:
            process.kill()
