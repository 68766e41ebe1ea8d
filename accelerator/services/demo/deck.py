"""Services · Demo · Deck — a small, valid PDF: a title and a slide for every text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence


def pitch_deck(title: str, texts: Sequence[str]) -> tuple[bytes, int]:
    """The bytes of a landscape PDF in the reader's own Helvetica, and its number of pages."""
    pages = [_slide(title, 34, "")] + [_slide(f"{number}", 16, text) for number, text in enumerate(texts, start=1)]
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    kids = []
    for content in pages:
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 595] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>"
            % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    return _file(objects), len(pages)


def _slide(title: str, size: int, text: str) -> bytes:
    lines = [b"BT /F1 %d Tf 60 480 Td (%s) Tj ET" % (size, _literal(title))]
    for row, line in enumerate(textwrap.wrap(text, 62)):
        lines.append(b"BT /F1 22 Tf 60 %d Td (%s) Tj ET" % (420 - 34 * row, _literal(line)))
    return b"\n".join(lines)


def _literal(text: str) -> bytes:
    plain = text.encode("cp1252", "replace")
    return plain.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
