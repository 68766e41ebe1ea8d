"""The embedded server finishes what it has accepted."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SLOW_APP = """
import time
from flask import Flask
from accelerator.server import serve
app = Flask("slow")
@app.get("/")
def page():
    time.sleep(1.5)
    return "done"
@app.get("/ready")
def ready():
    return "ready"
serve(app)
"""


def test_a_stop_lets_the_request_under_way_finish_and_exits_cleanly():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_APP], cwd=ROOT, env={**os.environ, "PORT": str(port), "PYTHONPATH": str(ROOT)}
    )
    try:
        _wait_until_ready(port)
        answers = []
        client = threading.Thread(target=lambda: answers.append(_get(port, "/")))
        client.start()
        time.sleep(0.5)

        process.send_signal(signal.SIGTERM)
        client.join(timeout=10)

        assert answers == [(200, b"done")]
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read()


def _wait_until_ready(port: int) -> None:
    for _ in range(100):
        try:
            if _get(port, "/ready")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")
