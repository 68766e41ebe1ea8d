"""Web · Rooms — each audience is a blueprint, each file in its folder a room nested in it."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from flask import Blueprint


def audience_blueprint(package: ModuleType) -> Blueprint:
    """The audience's blueprint with the `bp` of every room in its folder.

    The package states URL_PREFIX; the endpoint of a view reads `<audience>.<room>.<view>`.
    """
    name = package.__name__.rpartition(".")[2]
    blueprint = Blueprint(name, package.__name__, url_prefix=package.URL_PREFIX or None)
    for room in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        module = importlib.import_module(f"{package.__name__}.{room}")
        if hasattr(module, "bp"):
            blueprint.register_blueprint(module.bp)
    return blueprint
