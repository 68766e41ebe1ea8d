"""Services · Accounts — signing up and in, roles, one-time tokens, languages."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor, RoleGrant
from accelerator.kernel.enums import Role, TokenPurpose
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.accounts import AccountToken, User
from accelerator.models.accounts import RoleGrant as RoleGrantRow
from accelerator.rules import access
from accelerator.rules.accounts import refuse_weak_password
from accelerator.services import audit, letters
from accelerator.services.transaction import transaction

TOKEN_LIFE = {TokenPurpose.PASSWORD_RESET: timedelta(hours=1), TokenPurpose.INVITATION: timedelta(days=7)}

_hasher = PasswordHasher()
_decoy = ""


def configure(*, time_cost: int, memory_kibibytes: int) -> None:
    """Set what one password check costs (argon2id)."""
    global _hasher, _decoy
    _hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kibibytes)
    _decoy = _hasher.hash(secrets.token_hex(16))


def normal_email(text: str) -> str:
    """The one spelling of an address under which an account is kept."""
    return unicodedata.normalize("NFC", text.strip()).lower()


def sign_up(*, email: str, name: str, password: str, locale: str) -> int:
    """Open a founder's account; the new user's id.

    Raises: RuleViolation when the address has an account or the password is weak.
    """
    email = normal_email(email)
    refuse_weak_password(password, email)
    password_hash = _hasher.hash(password)
    with transaction():
        if db.session.scalar(select(User.id).where(User.email == email)):
            raise RuleViolation(
                Message("There is already an account with this address. Sign in, or ask for a new password."),
                field="email",
            )
        now = clock.now()
        user = User(email=email, name=name.strip(), password_hash=password_hash, locale=locale, created_at=now)
        db.session.add(user)
        db.session.flush()
        db.session.add(RoleGrantRow(user_id=user.id, role=Role.FOUNDER, granted_at=now))
        audit.record(Actor(user.id, user.name), "opened an account", f"user:{user.id}")
        return user.id


def check_password(*, email: str, password: str) -> tuple[int, int] | None:
    """User id and session epoch when address and password match; None otherwise, after the same work."""
    row = db.session.execute(
        select(User.id, User.session_epoch, User.password_hash).where(User.email == normal_email(email), User.is_active)
    ).first()
    stored = (row.password_hash if row else None) or _decoy
    try:
        _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return None
    if row is None or row.password_hash is None:
        return None
    with transaction():
        values: dict[str, object] = {"last_sign_in_at": clock.now()}
        if _hasher.check_needs_rehash(stored):
            values["password_hash"] = _hasher.hash(password)
        db.session.execute(update(User).where(User.id == row.id).values(**values))
    return row.id, row.session_epoch


def sign_out_everywhere(*, actor: Actor) -> None:
    """End every signed-in browser of the actor."""
    with transaction():
        db.session.execute(update(User).where(User.id == actor.user_id).values(session_epoch=User.session_epoch + 1))
        audit.record(actor, "signed out", f"user:{actor.user_id}")


def choose_locale(*, actor: Actor, locale: str) -> None:
    """Remember the language letters and pages are written in for this person."""
    with transaction():
        db.session.execute(update(User).where(User.id == actor.user_id).values(locale=locale))


def invite(*, actor: Actor, email: str, name: str, grants: Sequence[RoleGrant], locale: str = "fr") -> int:
    """Give roles to a person, known or new; a new one gets a letter to choose a password.

    Raises: NotAllowed unless the actor manages accounts, or a manager names reviewers and coordinators.
    """
    if not access.permitted(actor, Permission.ACCOUNT_MANAGE) and not (
        access.permitted(actor, Permission.REVIEWING_MANAGE)
        and all(grant.role in {Role.REVIEWER, Role.COORDINATOR, Role.EXPERT} for grant in grants)
    ):
        raise NotAllowed(Message("Your role does not allow this."))
    for grant in grants:
        if grant.role is Role.COORDINATOR and not grant.region_code:
            raise RuleViolation(Message("Choose the region this person coordinates."), field="region_code")
    email = normal_email(email)
    with transaction():
        now = clock.now()
        user = db.session.scalar(select(User).where(User.email == email))
        is_new = user is None
        if user is None:
            user = User(email=email, name=name.strip(), locale=locale, created_at=now)
            db.session.add(user)
            db.session.flush()
        held = {
            (row.role, row.region_code)
            for row in db.session.execute(
                select(RoleGrantRow.role, RoleGrantRow.region_code).where(RoleGrantRow.user_id == user.id)
            )
        }
        for grant in grants:
            if (grant.role, grant.region_code or "") not in held:
                db.session.add(
                    RoleGrantRow(user_id=user.id, role=grant.role, region_code=grant.region_code or "", granted_at=now)
                )
        if is_new:
            token = _new_token(user.id, TokenPurpose.INVITATION)
            letters.write(user.id, "invitation", about=f"user:{user.id}", values={"token": token})
        audit.record(actor, "gave roles", f"user:{user.id}", roles=[f"{g.role}:{g.region_code or '*'}" for g in grants])
        return user.id


def open_account(*, actor: Actor, email: str, name: str, locale: str) -> int:
    """The account of a person, known or new; a new one holds no role yet and gets no letter. Within a transaction.

    Raises: NotAllowed unless the actor names reviewers.
    """
    if not (verdict := access.may(actor, Permission.REVIEWING_MANAGE)):
        raise NotAllowed(verdict.reason)
    email = normal_email(email)
    with transaction():
        known = db.session.scalar(select(User.id).where(User.email == email))
        if known is not None:
            return known
        user = User(email=email, name=name.strip(), locale=locale, created_at=clock.now())
        db.session.add(user)
        db.session.flush()
        audit.record(actor, "opened an account", f"user:{user.id}")
        return user.id


def new_invitation(*, actor: Actor, user_id: int) -> str:
    """A fresh token to choose a password with, for who hands the link over in person; good once, for seven days.

    Raises: NotAllowed, NotFound.
    """
    if not (verdict := access.may(actor, Permission.ACCOUNT_MANAGE)):
        raise NotAllowed(verdict.reason)
    with transaction():
        if db.session.get(User, user_id) is None:
            raise NotFound(Message("There is no such person."))
        audit.record(actor, "made an invitation link", f"user:{user_id}")
        return _new_token(user_id, TokenPurpose.INVITATION)


def revoke_role(*, actor: Actor, user_id: int, role: Role, region_code: str = "") -> None:
    """Take a role away, in one region or everywhere; it counts from the next request on.

    Raises: NotAllowed, NotFound when the person does not hold it, RuleViolation for the last administrator.
    """
    if not (verdict := access.may(actor, Permission.ACCOUNT_MANAGE)):
        raise NotAllowed(verdict.reason)
    with transaction():
        held = select(RoleGrantRow.id).where(RoleGrantRow.user_id == user_id, RoleGrantRow.role == role)
        if region_code:
            held = held.where(RoleGrantRow.region_code == region_code)
        ids = list(db.session.scalars(held))
        if not ids:
            raise NotFound(Message("This person does not hold this role."))
        if role is Role.ADMINISTRATOR and not _other_administrators(user_id):
            raise RuleViolation(Message("The last administrator keeps the role: name another one first."))
        db.session.execute(delete(RoleGrantRow).where(RoleGrantRow.id.in_(ids)))
        audit.record(actor, "took a role away", f"user:{user_id}", role=str(role), region=region_code)


def _other_administrators(user_id: int) -> int:
    """How many other people could let others in."""
    return db.session.scalars(
        select(func.count())
        .select_from(RoleGrantRow)
        .join(User, User.id == RoleGrantRow.user_id)
        .where(RoleGrantRow.role == Role.ADMINISTRATOR, RoleGrantRow.user_id != user_id, User.is_active)
    ).one()


def ask_password_reset(*, email: str) -> None:
    """Send a reset letter when the address has an account; the answer is the same when it has none."""
    with transaction():
        user = db.session.scalar(select(User).where(User.email == normal_email(email), User.is_active))
        if user is None:
            return
        token = _new_token(user.id, TokenPurpose.PASSWORD_RESET)
        letters.write(user.id, "password_reset", about=f"user:{user.id}", values={"token": token})
        audit.record(Actor(user.id, user.name), "asked for a new password", f"user:{user.id}")


def token_is_good(token: str) -> bool:
    """True while the token can still be used."""
    return (
        db.session.scalar(
            select(AccountToken.id).where(
                AccountToken.token_sha256 == _digest(token),
                AccountToken.used_at.is_(None),
                AccountToken.expires_at > clock.now(),
            )
        )
        is not None
    )


def set_password(*, token: str, password: str) -> tuple[int, int]:
    """Set a password with a token from a letter; every signed-in browser ends. User id and new epoch.

    Raises: NotFound when the token is unknown, used or too old; RuleViolation when the password is weak.
    """
    with transaction():
        now = clock.now()
        row = db.session.scalar(
            select(AccountToken).where(
                AccountToken.token_sha256 == _digest(token),
                AccountToken.used_at.is_(None),
                AccountToken.expires_at > now,
            )
        )
        if row is None:
            raise NotFound(Message("This link has been used or is too old. Ask for a new one."))
        user = db.session.get_one(User, row.user_id)
        refuse_weak_password(password, user.email)
        user.password_hash = _hasher.hash(password)
        user.session_epoch += 1
        db.session.execute(
            update(AccountToken)
            .where(AccountToken.user_id == user.id, AccountToken.used_at.is_(None))
            .values(used_at=now)
        )
        audit.record(Actor(user.id, user.name), "set a password", f"user:{user.id}")
        return user.id, user.session_epoch


def password_hash(password: str) -> str:
    """The stored form of a password (for the operator's commands and the demo)."""
    return _hasher.hash(password)


def _new_token(user_id: int, purpose: TokenPurpose) -> str:
    token = secrets.token_urlsafe(32)
    db.session.add(
        AccountToken(
            user_id=user_id,
            purpose=purpose,
            token_sha256=_digest(token),
            expires_at=clock.now() + TOKEN_LIFE[purpose],
        )
    )
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
