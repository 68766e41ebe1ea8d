"""Services · Startups — a startup is registered once, claimed, edited; people join and leave it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM, Actor, RoleGrant
from accelerator.kernel.enums import Role
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.accounts import User
from accelerator.models.letters import Letter
from accelerator.models.startups import Membership, Startup
from accelerator.queries import startups as queries
from accelerator.rules import access, identity
from accelerator.rules.startups import MAX_PEOPLE, StartupDetails, normal_website, place_of
from accelerator.services import accounts, audit, blindness, counter, interests, letters, request_keys
from accelerator.services.transaction import changed_rows, transaction

ASK_AGAIN_AFTER: Final = timedelta(days=7)
"""The owner of a startup is asked by the same person once in this time."""


def register_startup(
    *, actor: Actor, siren: str, details: StartupDetails, is_another: bool = False, request_key: str = ""
) -> int:
    """Give the actor a startup to own: a new record, or the one its SIREN has had without people; its id.

    A SIREN that has people is theirs: its owners get a letter, and the actor is told to wait for them.

    Args:   siren may be empty (not registered yet); is_another says that a startup of the same name in the
            same region is a different one.
    Raises: NotAllowed; RuleViolation on "siren", "name", "postcode" or "website".
    """
    if not (verdict := access.may(actor, Permission.STARTUP_OWN)):
        raise NotAllowed(verdict.reason)
    number = identity.normal_siren(siren) if siren else None
    place_of(details.postcode)
    normal_website(details.website)
    try:
        startup_id = _register(actor, number, details, is_another, request_key)
    except IntegrityError:  # the same SIREN was stored in the same instant: it is known now
        startup_id = _register(actor, number, details, is_another, request_key)
    if startup_id is None:
        raise RuleViolation(
            Message(
                "This startup is already here and has an owner. We have written to the owner: "
                "once you are added, you find it in your space."
            ),
            field="siren",
        )
    return startup_id


def _register(
    actor: Actor, number: str | None, details: StartupDetails, is_another: bool, request_key: str
) -> int | None:
    """The startup's id; None when it has people of its own, who have been asked."""
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        startup = db.session.scalar(select(Startup).where(Startup.siren == number)) if number else None
        if startup is None:
            if not is_another:
                _refuse_likely_double(details)
            startup = Startup(siren=number, created_at=clock.now(), **_columns(details))
            db.session.add(startup)
            db.session.flush()
            verb = "registered startup"
        else:
            people = queries.people(startup.id)
            if any(person.user_id == actor.user_id for person in people):
                return startup.id
            if people:
                _ask_owners(actor, startup)
                return None
            for name, value in _columns(details).items():
                setattr(startup, name, value)
            startup.version += 1
            verb = "claimed startup"
        db.session.add(Membership(startup_id=startup.id, user_id=actor.user_id, is_owner=True, joined_at=clock.now()))
        request_keys.keep(actor, request_key, startup.id)
        audit.record(actor, verb, f"startup:{startup.id}", siren=number)
        db.session.flush()  # the membership counts in what follows
        interests.step_aside(actor, startup_id=startup.id)
        return startup.id


def edit_startup(*, actor: Actor, startup_id: int, version: int, siren: str, details: StartupDetails) -> None:
    """Change what a startup says of itself. A SIREN is added once; from then on the programme team corrects it.

    Raises: NotFound to strangers; Conflict when somebody saved meanwhile; RuleViolation on the field to blame.
    """
    place_of(details.postcode)
    with transaction():
        startup = queries.own(actor.user_id, startup_id)
        number = identity.normal_siren(siren) if siren else None
        if startup.siren and number != startup.siren:
            raise RuleViolation(
                Message("The SIREN of a startup stays. If it is wrong, write to the programme team."), field="siren"
            )
        if number and not startup.siren and db.session.scalar(select(Startup.id).where(Startup.siren == number)):
            raise RuleViolation(
                Message("Another startup has this SIREN already. The programme team can merge the two: write to them."),
                field="siren",
            )
        changed = changed_rows(
            update(Startup)
            .where(Startup.id == startup_id, Startup.version == version)
            .values(siren=number, version=version + 1, **_columns(details))
        )
        if not changed:
            raise Conflict(
                Message("Somebody of your startup changed this while you were typing. Compare and save again.")
            )
        counter.note_region(startup_id, place_of(details.postcode).region_code)
        blindness.forget(startup_id)
        audit.record(
            actor,
            "edited startup",
            f"startup:{startup_id}",
            siren=number,
            region=place_of(details.postcode).region_code,
        )
        if number:
            interests.step_aside(actor, startup_id=startup_id)


def add_member(*, actor: Actor, startup_id: int, email: str, name: str) -> None:
    """Let a person into a startup, by its owner; a person without an account is invited to open one.

    Raises: NotFound to strangers; NotAllowed unless owner; RuleViolation on "email".
    """
    email = accounts.normal_email(email)
    with transaction():
        startup = _owned(actor, startup_id)
        people = queries.people(startup_id)
        if any(person.email == email for person in people):
            raise RuleViolation(Message("This person already belongs to the startup."), field="email")
        if len(people) >= MAX_PEOPLE:
            raise RuleViolation(Message("A startup has at most %(most)s people here.", most=MAX_PEOPLE), field="email")
        user_id = accounts.invite(
            actor=SYSTEM, email=email, name=name or email, grants=[RoleGrant(Role.FOUNDER)], locale=actor.locale
        )
        db.session.add(Membership(startup_id=startup_id, user_id=user_id, is_owner=False, joined_at=clock.now()))
        blindness.forget(startup_id)
        letters.write(
            user_id, "member_added", about=f"startup:{startup_id}", values={"startup": startup.name, "by": actor.name}
        )
        audit.record(actor, "added member", f"startup:{startup_id}", user_id=user_id)
        db.session.flush()  # the membership counts in what follows
        interests.step_aside(actor, startup_id=startup_id)


def remove_member(*, actor: Actor, startup_id: int, user_id: int) -> None:
    """Take a person out of a startup: the owner takes out others, everyone leaves for themselves.

    Raises: NotFound; NotAllowed; RuleViolation when the last owner would go.
    """
    with transaction():
        startup = queries.own(actor.user_id, startup_id)
        people = {person.user_id: person for person in queries.people(startup_id)}
        if user_id not in people:
            raise NotFound(Message("This person does not belong to the startup."))
        if user_id != actor.user_id and not people[actor.user_id or 0].is_owner:
            raise NotAllowed(Message("Only the owner of the startup does this."))
        if people[user_id].is_owner and sum(person.is_owner for person in people.values()) == 1:
            raise RuleViolation(Message("A startup keeps an owner: hand it over first."))
        db.session.execute(delete(Membership).where(Membership.startup_id == startup_id, Membership.user_id == user_id))
        if user_id != actor.user_id:
            letters.write(
                user_id,
                "member_removed",
                about=f"startup:{startup_id}",
                values={"startup": startup.name, "by": actor.name},
            )
        audit.record(actor, "removed member", f"startup:{startup_id}", user_id=user_id)


def hand_over(*, actor: Actor, startup_id: int, user_id: int) -> None:
    """Make another person of the startup its owner, in the actor's place.

    Raises: NotFound; NotAllowed unless owner.
    """
    with transaction():
        _owned(actor, startup_id)
        of_startup = Membership.startup_id == startup_id
        raised = changed_rows(update(Membership).where(of_startup, Membership.user_id == user_id).values(is_owner=True))
        if not raised:
            raise NotFound(Message("This person does not belong to the startup."))
        if user_id != actor.user_id:
            db.session.execute(
                update(Membership).where(of_startup, Membership.user_id == actor.user_id).values(is_owner=False)
            )
        audit.record(actor, "handed startup over", f"startup:{startup_id}", user_id=user_id)


def _owned(actor: Actor, startup_id: int) -> Startup:
    startup = queries.own(actor.user_id, startup_id)
    if not any(one.is_owner for one in queries.people(startup_id) if one.user_id == actor.user_id):
        raise NotAllowed(Message("Only the owner of the startup does this."))
    return startup


def _columns(details: StartupDetails) -> dict[str, object]:
    place = place_of(details.postcode)
    return {
        "name": details.name,
        "region_code": place.region_code,
        "department_code": place.department_code,
        "postcode": details.postcode,
        "city": details.city or None,
        "sector": details.sector,
        "stage": details.stage,
        "website": normal_website(details.website) or None,
        "pitch": details.pitch,
        "women_founders": details.women_founders,
        "is_stealth": details.is_stealth,
    }


def _refuse_likely_double(details: StartupDetails) -> None:
    region_code = place_of(details.postcode).region_code
    if any(identity.same_name(details.name, known) for known in queries.names_in_region(region_code)):
        raise RuleViolation(
            Message(
                "A startup of this name is already known in your region. If it is yours, type its SIREN. "
                "If it is another one, say so below."
            ),
            field="name",
        )


def _ask_owners(actor: Actor, startup: Startup) -> None:
    """One letter to each owner, not more than once a week for one person asking."""
    asking = f"startup:{startup.id}:user:{actor.user_id}"
    asked = db.session.scalar(
        select(func.count(Letter.id)).where(Letter.about == asking, Letter.written_at > clock.now() - ASK_AGAIN_AFTER)
    )
    if asked:
        return
    email = db.session.scalar(select(User.email).where(User.id == actor.user_id))
    for person in queries.people(startup.id):
        if person.is_owner:
            letters.write(
                person.user_id,
                "membership_asked",
                about=asking,
                values={"startup": startup.name, "startup_id": startup.id, "asker": actor.name, "email": email},
            )
    audit.record(actor, "asked to join startup", f"startup:{startup.id}")
