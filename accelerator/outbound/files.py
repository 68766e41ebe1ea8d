"""Outbound · Files — bytes kept under `instance/files`, named by their content."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from accelerator.outbound import settings

_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True)
class Received:
    """A file that came in: its relative name, how long it is, its SHA-256."""

    name: str
    size: int
    sha256: str


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


def receive(stream: IO[bytes], *, folder: str) -> Received:
    """Store a stream under a name of its own, a piece at a time; whole or not at all."""
    name = f"{folder}/{secrets.token_hex(16)}"
    path = settings.instance / "files" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("wb") as file:
            while piece := stream.read(_CHUNK):
                file.write(piece)
                digest.update(piece)
                size += len(piece)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Received(name, size, digest.hexdigest())


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
