"""Config — every setting with its type, default and unit; the environment comes first.

In production the application refuses to start without SECRET_KEY.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from environs import Env

ROOT = Path(__file__).resolve().parent.parent
MEBIBYTE = 1024 * 1024


class ConfigError(RuntimeError):
    """A setting is missing or cannot be used; the message says which and what to do."""


def load(overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """All settings, from the environment, then `instance/settings.env`, then defaults.

    Raises: ConfigError when production lacks SECRET_KEY or a value cannot be parsed.
    """
    overrides = dict(overrides or {})
    env = Env()
    instance = Path(overrides.pop("INSTANCE", None) or env.str("INSTANCE", str(ROOT / "instance"))).resolve()
    env.read_env(str(instance / "settings.env"), recurse=False)

    environment = env.str("APP_ENV", "production")
    settings: dict[str, Any] = {
        "APP_ENV": environment,  # production | demo | test
        "INSTANCE": instance,  # folder of the database, files and issued reports
        "SECRET_KEY": env.str("SECRET_KEY", ""),
        "SECRET_KEY_FALLBACKS": env.list("SECRET_KEY_FALLBACKS", []),
        "SQLALCHEMY_DATABASE_URI": env.str("DATABASE_URL", f"sqlite:///{instance / 'accelerator.sqlite3'}"),
        "SQLITE_SYNCHRONOUS": env.str("SQLITE_SYNCHRONOUS", "NORMAL"),  # FULL survives a power cut, ~4x slower writes
        "DATABASE_WAIT_SECONDS": env.int("DATABASE_WAIT_SECONDS", 15),
        "PUBLIC_URL": env.str("PUBLIC_URL", "http://127.0.0.1:8000"),  # base of links in letters and calendars
        "TRUSTED_HOSTS": env.list("TRUSTED_HOSTS", []) or None,
        "PROXIES": env.int("PROXIES", 0),  # how many reverse proxies stand in front
        "HTTPS": env.bool("HTTPS", False),  # cookies Secure and HSTS
        "SCHEDULER": env.bool("SCHEDULER", False),  # run the clock's jobs in this process
        "MAIL_HOST": env.str("MAIL_HOST", ""),  # empty: letters are written to instance/letters
        "MAIL_PORT": env.int("MAIL_PORT", 587),
        "MAIL_USER": env.str("MAIL_USER", ""),
        "MAIL_PASSWORD": env.str("MAIL_PASSWORD", ""),
        "MAIL_TLS": env.bool("MAIL_TLS", True),
        "MAIL_FROM": env.str("MAIL_FROM", "GenAI Studio <studio@exemple.fr>"),
        "DECK_MAX_BYTES": env.int("DECK_MAX_MEBIBYTES", 25) * MEBIBYTE,
        "DECK_MAX_PAGES": env.int("DECK_MAX_PAGES", 60),
        "USAGE_MAX_BYTES": env.int("USAGE_MAX_MEBIBYTES", 1000) * MEBIBYTE,  # one cost export sent by a manager
        "USAGE_INBOX": env.str("USAGE_INBOX", ""),  # folder watched for cost exports, under INSTANCE; empty: none
        "USAGE_INBOX_REFUSES_WHOLE": env.bool("USAGE_INBOX_REFUSES_WHOLE", False),  # for one refused line
        "MAX_CONTENT_LENGTH": env.int("MAX_BODY_MEBIBYTES", 26) * MEBIBYTE,
        "MAX_FORM_MEMORY_SIZE": 2 * MEBIBYTE,
        "MAX_FORM_PARTS": 1000,
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=env.int("SIGNED_IN_HOURS", 12)),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": env.bool("HTTPS", False),
        "SESSION_COOKIE_NAME": "__Host-session" if env.bool("HTTPS", False) else "session",
        "WTF_CSRF_TIME_LIMIT": None,  # a form left open over lunch still submits
        "BABEL_DEFAULT_LOCALE": "fr",
        "BABEL_DEFAULT_TIMEZONE": "Europe/Paris",
        "RATELIMIT_STORAGE_URI": "memory://",
        "RATELIMIT_ENABLED": True,
        "DEMO": environment == "demo",
        "PASSWORD_TIME_COST": env.int("PASSWORD_TIME_COST", 3),  # argon2 passes
        "PASSWORD_MEMORY_KIBIBYTES": env.int("PASSWORD_MEMORY_KIBIBYTES", 65536),
    }
    settings.update(overrides)
    if not settings["SECRET_KEY"]:
        if settings["APP_ENV"] == "production":
            raise ConfigError(
                "SECRET_KEY is not set. Put SECRET_KEY=<64 random characters> in the environment "
                f"or in {instance / 'settings.env'} and start again."
            )
        settings["SECRET_KEY"] = _kept_secret(instance)
    return settings


def _kept_secret(instance: Path) -> str:
    """A random key made once for the demo and the tests, readable by its owner only."""
    path = instance / "secret.key"
    if not path.exists():
        instance.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text().strip()
