"""Rules · Accounts — what a password must be."""

from __future__ import annotations

from typing import Final

from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message

PASSWORD_MIN: Final = 12
PASSWORD_MAX: Final = 200
_COMMON: Final = frozenset(
    [
        "password123456",
        "motdepasse1234",
        "123456789012",
        "1234567890123",
        "azertyuiop12",
        "azertyuiop123",
        "qwertyuiop12",
        "qwertyuiop123",
        "aaaaaaaaaaaa",
        "000000000000",
        "111111111111",
        "passwordpassword",
        "motdepassemotdepasse",
        "administrateur",
        "administrator",
        "bienvenue1234",
        "welcome12345",
        "iloveyou1234",
        "changemechangeme",
    ]
)


def refuse_weak_password(password: str, email: str) -> None:
    """Length counts, composition does not.

    Units:  12 to 200 characters.
    Raises: RuleViolation on the field "password".
    Source: OWASP ASVS 5.0, 6.2.1 to 6.2.9.
    """
    if len(password) < PASSWORD_MIN:
        raise RuleViolation(
            Message("A password has at least %(count)s characters. A short sentence works well.", count=PASSWORD_MIN),
            field="password",
        )
    if len(password) > PASSWORD_MAX:
        raise RuleViolation(
            Message("A password has at most %(count)s characters.", count=PASSWORD_MAX), field="password"
        )
    lowered = password.lower()
    if lowered in _COMMON or lowered == email.lower() or len(set(lowered)) < 4:
        raise RuleViolation(Message("This password is too easy to guess. Choose another one."), field="password")
