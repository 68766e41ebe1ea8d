"""Server — the embedded server: waitress, set to survive slow clients, draining on SIGTERM."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterable
from typing import Any

import waitress
from flask import Flask

DRAIN_SECONDS = 20


class _Draining:
    """Counts the requests under way, so that a stop can wait for them."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.under_way = 0
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with self.lock:
            self.under_way += 1
        try:
            return list(self.app(environ, start_response))
        finally:
            with self.lock:
                self.under_way -= 1


def serve(app: Flask) -> None:
    """Serve until told to stop; requests under way are finished first, then exit 0.

    Settings: HOST (127.0.0.1), PORT (8000), THREADS (8).
    """
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    draining = _Draining(app)
    server = waitress.create_server(
        draining,
        host=host,
        port=port,
        threads=int(os.environ.get("THREADS", "8")),
        connection_limit=1000,
        channel_timeout=15,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )

    def stop(_signal: int, _frame: object) -> None:
        threading.Thread(target=_drain, args=(server, draining), daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.run()


def _drain(server: Any, draining: _Draining) -> None:
    """Stop listening, finish what is under way and send it off, leave with 0."""

    def stop_listening() -> None:
        server.del_channel()
        server.socket.close()

    server.trigger.pull_trigger(stop_listening)  # in the server's own loop: it is selecting on the socket
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline:
        time.sleep(0.1)
        unsent = any(channel.total_outbufs_len for channel in list(server.active_channels.values()))
        if not draining.under_way and not unsent:
            break
    os._exit(0)
