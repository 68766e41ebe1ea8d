"""Outbound · Files — bytes kept under `instance/files`, named by their content."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from accelerator.outbound import settings


def keep(content: bytes, *, folder: str, suffix: str) -> tuple[str, str]:
    """Store the bytes once, whole or not at all; their relative name and their SHA-256."""
    digest = hashlib.sha256(content).hexdigest()
    name = f"{folder}/{digest[:2]}/{digest}{suffix}"
    path = settings.instance / "files" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            part.write_bytes(content)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    return name, digest


def path_of(name: str) -> Path:
    """Where stored bytes lie. Raises FileNotFoundError for a name that leads elsewhere or to nothing."""
    root = (settings.instance / "files").resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise FileNotFoundError(name)
    return path


def remove(name: str) -> None:
    """Take stored bytes away; nothing happens when they are gone already."""
    try:
        path_of(name).unlink()
    except FileNotFoundError:
        return
