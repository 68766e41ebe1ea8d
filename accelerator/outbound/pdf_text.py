"""Outbound · PDF text — what is written on the pages of a PDF, read in a child process with bounds."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

CHILD: Final = Path(__file__).with_name("pdf_text_child.py")
SECONDS: Final = 20
MEBIBYTES: Final = 768


def pages(path: Path, *, seconds: int = SECONDS, mebibytes: int = MEBIBYTES) -> list[str] | None:
    """The text of every page; None when the file cannot be read within the bounds."""
    try:
        child = subprocess.run(
            [sys.executable, "-I", str(CHILD), str(path), str(seconds), str(mebibytes)],
            capture_output=True,
            timeout=seconds * 2,
            check=False,
        )
        return [str(text) for text in json.loads(child.stdout)] if child.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError) as error:
        log.warning("the text of %s cannot be read: %s", path.name, type(error).__name__)
        return None
