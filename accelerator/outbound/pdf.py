"""Outbound · PDF — a tagged PDF (PDF/UA-1) from our own HTML, made in a child process with bounds.

A document that would take too long or too much memory fails alone; the server is not touched. The child reads
our fonts and style sheets and nothing else.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from accelerator.kernel.message import N_, Message
from accelerator.outbound import settings

log = logging.getLogger(__name__)

CHILD: Final = Path(__file__).with_name("pdf_child.py")
LIBRARY_MISSING: Final = 3
LIBRARIES_MISSING_SENTENCE: Final = N_(
    "Printing needs system libraries that are missing. An administrator installs them with: "
    "apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
)
SECONDS: Final = 120
MEBIBYTES: Final = 1536
"""Of address space; the resident memory of a report of 200 portraits stays under 250."""


@dataclass(frozen=True)
class Printed:
    """A finished PDF."""

    content: bytes
    pages: int


class CannotPrint(Exception):
    """The document could not be printed; the message is a sentence for the person who asked."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason)
        self.reason = reason


def printed(html: str, *, seconds: int = SECONDS, mebibytes: int = MEBIBYTES) -> Printed:
    """The document as PDF. The same HTML gives the same bytes.

    Raises: CannotPrint when a system library is missing or the document breaks a bound.
    """
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(settings.instance),
        "LC_ALL": "C.UTF-8",
        "SOURCE_DATE_EPOCH": "946684800",  # embedded fonts carry a date: always the same one
    }
    for name in ("DYLD_FALLBACK_LIBRARY_PATH", "LD_LIBRARY_PATH"):
        if name in os.environ:
            environment[name] = os.environ[name]
    try:
        child = subprocess.run(
            [sys.executable, "-I", str(CHILD), str(settings.static), str(seconds), str(mebibytes)],
            input=html.encode("utf-8", "replace"),
            capture_output=True,
            timeout=seconds * 2,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CannotPrint(Message("The document took too long to print.")) from error
    said = child.stderr.decode("utf-8", "replace")
    if child.returncode == LIBRARY_MISSING:
        log.error("cannot print: %s", said)
        raise CannotPrint(Message(LIBRARIES_MISSING_SENTENCE))
    pages = re.search(r"pages=(\d+)\s*$", said)
    if child.returncode != 0 or pages is None or not child.stdout.startswith(b"%PDF-"):
        log.error("printing ended with status %s: %s", child.returncode, said[-2000:])
        raise CannotPrint(Message("The document is too large to print, or could not be laid out."))
    return Printed(child.stdout, int(pages.group(1)))
