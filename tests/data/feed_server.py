"""A real HTTP server on this machine that serves feeds, well or badly, and remembers what it was asked."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What the server says at one path: ``cut`` sends so many bytes of the body, ``drip`` waits after each of them."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    drip: float = 0.0


@dataclass
class Feeds:
    """A running server: ``at`` answers a path with its query, ``asked`` is what came."""

    port: int
    at: dict[str, Answer | Callable[[str, Mapping[str, str]], Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def rpde(self, path: str, pages: list[list[dict[str, Any]]]) -> str:
        """Serve items as pages of an RPDE feed, the last one empty and leading to itself; its address."""
        for number, items in enumerate([*pages, []]):
            here = path if not number else f"{path}?page={number}"
            after = f"{path}?page={min(number + 1, len(pages))}"
            body = {"next": self.url(after), "items": items, "license": "https://creativecommons.org/licenses/by/4.0/"}
            self.at[here] = Answer(json.dumps(body).encode())
        return self.url(path)


def packed(body: bytes) -> Answer:
    """An answer as servers send it to who takes gzip."""
    return Answer(gzip.compress(body), headers={"Content-Encoding": "gzip"})


@contextmanager
def serving() -> Iterator[Feeds]:
    """A server until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            feeds.asked.append(self.path)
            found = feeds.at.get(self.path, Answer(status=404))
            answer = found if isinstance(found, Answer) else found(self.path, dict(self.headers))
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                sent = answer.body if answer.cut is None else answer.body[: answer.cut]
                for start in range(0, len(sent), 1 if answer.drip else max(1, len(sent))):
                    self.wfile.write(sent[start : start + (1 if answer.drip else len(sent))])
                    if answer.drip:
                        self.wfile.flush()
                        time.sleep(answer.drip)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            if answer.cut is not None:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A reader that had enough and hung up is no error."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    feeds = Feeds(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield feeds
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
