"""The child that prints: bounded, deaf to the network, blind to files that are not ours."""

from __future__ import annotations

import http.server
import io
import threading
from pathlib import Path

import pikepdf
import pytest

from accelerator.outbound import pdf

PAGE = '<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Essai</title>{head}</head><body>{body}</body></html>'


def _page(body: str, head: str = "") -> str:
    return PAGE.format(head=head, body=body)


def test_the_same_page_gives_the_same_bytes(app):
    html = _page("<h1>Bonjour</h1>", '<link rel="stylesheet" href="css/report.css">')

    first, second = pdf.printed(html), pdf.printed(html)

    assert first == second
    assert first.pages == 1


def test_nothing_is_fetched_and_no_file_is_read(app, tmp_path):
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    secret = tmp_path / "secret.css"
    secret.write_text("body::after { content: 'SECRETMARKER' }")
    host = f"http://127.0.0.1:{server.server_port}"
    static = Path(app.static_folder or "")
    vectors = [
        f'<img src="{host}/img" alt="x">',
        f'<object data="{host}/object"></object>',
        f'<svg viewBox="0 0 9 9"><title>x</title><image href="{host}/svg" width="9" height="9"/></svg>',
        f'<img src="file://{secret}" alt="x">',
        '<img src="file:///etc/passwd" alt="x">',
        f'<img src="file://{static}/../pyproject.toml" alt="x">',
        '<p style="background: url(//127.0.0.1/rel)">x</p>',
    ]
    heads = [
        f'<link rel="stylesheet" href="{host}/css">',
        f'<link rel="stylesheet" href="file://{secret}">',
        '<link rel="attachment" href="file:///etc/passwd">',
        f'<link rel="attachment" href="{host}/attachment">',
    ]

    printed = pdf.printed(_page("".join(vectors), "".join(heads)))

    server.shutdown()
    server.server_close()
    thread.join()
    assert asked == []
    assert b"SECRETMARKER" not in printed.content
    with pikepdf.open(io.BytesIO(printed.content)) as document:
        assert len(document.attachments) == 0
        assert not [image for page in document.pages for image in page.get_images()]


def test_a_document_that_breaks_a_bound_is_stopped(app):
    bomb = "<div style='display:flex'>" * 10 + "x" + "</div>" * 10

    with pytest.raises(pdf.CannotPrint):
        pdf.printed(_page(bomb), seconds=2)


def test_missing_libraries_are_named(app, tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    child.write_text(
        "import sys\nsys.stdin.read()\nsys.stderr.write(\"cannot load library 'libgobject-2.0-0'\")\nsys.exit(3)\n"
    )
    monkeypatch.setattr(pdf, "CHILD", child)

    with pytest.raises(pdf.CannotPrint) as refusal:
        pdf.printed(_page("x"))

    for package in ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"):
        assert package in refusal.value.reason
