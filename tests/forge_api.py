"""The parts of GitHub's and GitLab's API that pipelines use, on loopback.

Whoever asks for anything else, or without the right token, is refused as the platforms do it.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PROJECT = "/repos/province/mail"
TOKEN, JOB_TOKEN, COMMENT_TOKEN = "github-token", "job-token", "comment-token"


@dataclass
class Forge:
    """What the platform holds: comments as it gives them out, and deployments, newest last."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    deployments: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def add(self, body: str, *, bot: bool = True) -> None:
        """Add a comment of our bot, or of somebody else."""
        author = {"type": "Bot" if bot else "User", "id": 7 if bot else 8}
        new = {"id": len(self.comments) + 1, "body": body, "user": author, "author": author}
        self.comments.append(new)

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        """Return what the platform answers; None where there is no such thing."""
        number = re.search(r"/(?:comments|notes)/([0-9]+)$", path)
        if number and method == ("PATCH" if path.startswith("/repos/") else "PUT"):
            self.comments[int(number[1]) - 1]["body"] = body["body"]
            return self.comments[int(number[1]) - 1]
        if path in (f"{PROJECT}/issues/12/comments", "/api/projects/3/merge_requests/12/notes"):
            return self._comments(method, query, body)
        if path == "/api/user":
            return {"id": 7}
        return self._deployments(path, query) if method == "GET" else None

    def _deployments(self, path: str, query: dict[str, str]) -> Any:
        if path == f"{PROJECT}/deployments" and query["environment"] == "production":
            found = [{"id": n, "sha": sha} for n, (sha, _) in enumerate(self.deployments)]
            return _page(found[::-1], query)
        if number := re.fullmatch(f"{PROJECT}/deployments/([0-9]+)/statuses", path):
            states = ["queued", "in_progress", self.deployments[int(number[1])][1]]
            return [{"id": n, "state": state} for n, state in enumerate(states)]
        wanted = {"environment": "production", "status": "success", "order_by": "id"}
        if path == "/api/projects/3/deployments" and wanted.items() <= query.items():
            done = [{"sha": sha} for sha, state in self.deployments if state == "success"]
            return done[::-1][: int(query["per_page"])]
        return None

    def _comments(self, method: str, query: dict[str, str], body: Any) -> Any:
        if method == "POST":
            self.add(body["body"])
            return self.comments[-1]
        return _page(self.comments, query) if method == "GET" else None


def _page(items: list[Any], query: dict[str, str]) -> list[Any]:
    size, page = int(query["per_page"]), int(query["page"])
    return items[size * (page - 1) : size * page]


def _may(path: str, headers: Any) -> bool:
    if path.startswith("/repos/"):
        return bool(headers["Authorization"] == f"Bearer {TOKEN}")
    if path.endswith("/deployments"):
        return bool(headers["JOB-TOKEN"] == JOB_TOKEN)
    return bool(headers["PRIVATE-TOKEN"] == COMMENT_TOKEN)


@contextmanager
def served(forge: Forge) -> Iterator[Forge]:
    """Serve `forge` on a port of its own for the time of a `with` block."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            asked = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            size = int(self.headers["Content-Length"] or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            forge.asked.append(f"{self.command} {asked.path}")
            allowed = _may(asked.path, self.headers)
            found = forge.answer(self.command, asked.path, query, body) if allowed else None
            self.send_response(401 if not allowed else 404 if found is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps({} if found is None else found).encode())

        do_GET = do_POST = do_PUT = do_PATCH = handle_any  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    forge.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield forge
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
