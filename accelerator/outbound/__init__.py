"""Outbound — the side door of floor 4: mail, letters, PDF, files. Knows neither the tables nor the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


@dataclass
class Settings:
    """What the side door needs to know; filled once by create_app()."""

    instance: Path = Path("instance")
    templates: Path = Path("templates")
    static: Path = Path("static")
    translations: Path = Path("translations")
    words: Mapping[tuple[type[StrEnum], str], str] = field(default_factory=dict)
    public_url: str = "http://127.0.0.1:8000"
    mail_host: str = ""
    mail_port: int = 587
    mail_user: str = ""
    mail_password: str = ""
    mail_tls: bool = True
    mail_from: str = "studio@exemple.fr"
    usage_inbox: Path | None = None
    usage_inbox_refuses_whole: bool = False


settings = Settings()


def configure(config: Mapping[str, object], root: Path, words: Mapping[tuple[type[StrEnum], str], str]) -> None:
    """Take over the settings of the application, and the words for states that documents print."""
    settings.instance = Path(str(config["INSTANCE"]))
    settings.templates = root / "templates"
    settings.static = root / "static"
    settings.translations = root / "accelerator" / "translations"
    settings.words = words
    settings.public_url = str(config["PUBLIC_URL"]).rstrip("/")
    settings.mail_host = str(config["MAIL_HOST"])
    settings.mail_port = int(str(config["MAIL_PORT"]))
    settings.mail_user = str(config["MAIL_USER"])
    settings.mail_password = str(config["MAIL_PASSWORD"])
    settings.mail_tls = bool(config["MAIL_TLS"])
    settings.mail_from = str(config["MAIL_FROM"])
    inbox = str(config["USAGE_INBOX"])
    settings.usage_inbox = settings.instance / inbox if inbox else None
    settings.usage_inbox_refuses_whole = bool(config["USAGE_INBOX_REFUSES_WHOLE"])
