"""CLI — floor 6. The operator's door: every file in this folder that has `commands` adds one group."""

from __future__ import annotations

import importlib
import pkgutil

from flask import Flask


def register(app: Flask) -> None:
    """Add every room's command group to `flask`."""
    for module in sorted(found.name for found in pkgutil.iter_modules(__path__)):
        room = importlib.import_module(f"{__name__}.{module}")
        if hasattr(room, "commands"):
            app.cli.add_command(room.commands)
