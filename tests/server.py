"""The real server in a thread, and many clients at once."""

from __future__ import annotations

import http.client
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import waitress
from flask import Flask
from flask.sessions import SecureCookieSessionInterface


@dataclass(frozen=True)
class Answer:
    """What one client got."""

    status: int
    location: str | None
    body: str


@dataclass(frozen=True)
class LiveServer:
    """A server on a port of its own."""

    app: Flask
    port: int

    @property
    def url(self) -> str:
        """The address a browser opens."""
        return f"http://127.0.0.1:{self.port}"

    def cookie_for(self, user: Any) -> str:
        """The cookie of a browser signed in as this person."""
        serializer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        assert serializer is not None
        return str(serializer.dumps({"_user_id": f"{user.id}.{user.session_epoch}", "_fresh": True}))

    def post(self, path: str, data: Mapping[str, str], cookie: str) -> Answer:
        """Send one form."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(
            "POST",
            path,
            body=urlencode(data),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": f"session={cookie}",
                "Accept-Language": "en",
            },
        )
        response = connection.getresponse()
        body = response.read().decode("utf-8", "replace")
        connection.close()
        return Answer(response.status, response.headers.get("Location"), body)

    def post_at_once(self, requests: Sequence[tuple[str, Mapping[str, str], str]]) -> list[Answer]:
        """Send every (path, form, cookie) at the same instant; the answers in order."""
        barrier = threading.Barrier(len(requests))

        def send(request: tuple[str, Mapping[str, str], str]) -> Answer:
            barrier.wait()
            return self.post(*request)

        with ThreadPoolExecutor(max_workers=len(requests)) as pool:
            return list(pool.map(send, requests))


@contextmanager
def live_server(app: Flask, threads: int = 8) -> Iterator[LiveServer]:
    """Serve the app on a free port of this machine until the block ends."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a crowd is what these tests are about
    server = waitress.create_server(
        app, host="127.0.0.1", port=0, threads=threads, connection_limit=1000, backlog=1024, ident=None
    )

    def run() -> None:
        with suppress(OSError):  # the last select, on a socket that the end of the test has closed
            server.run()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield LiveServer(app, int(server.effective_port))
    finally:
        server.close()
        thread.join(timeout=10)
