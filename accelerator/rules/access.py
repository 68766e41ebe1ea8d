"""Rules · Access — which role may do which act; the one table of rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import Role
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission as P
from accelerator.kernel.verdict import YES, Verdict

_OWN: Final = frozenset({P.ACCOUNT_OWN})

PERMISSIONS_OF: Final[Mapping[Role, frozenset[P]]] = {
    Role.FOUNDER: _OWN | {P.APPLICATION_APPLY, P.BOOKING_MAKE, P.CREDIT_OWN, P.OFFER_ANSWER, P.STARTUP_OWN},
    Role.REVIEWER: _OWN | {P.REVIEW_SUBMIT},
    Role.COORDINATOR: _OWN | {P.ATTENDANCE_RECORD, P.WORKSHOP_MANAGE},
    Role.MANAGER: _OWN
    | {
        P.APPLICATION_READ,
        P.APPLICATION_SCREEN,
        P.ATTENDANCE_RECORD,
        P.AUDIT_READ,
        P.BATCH_MANAGE,
        P.COUNTER_CORRECT,
        P.COUNTER_DRILL,
        P.CREDIT_MANAGE,
        P.CREDIT_READ,
        P.LETTER_MANAGE,
        P.PROGRAMME_READ,
        P.REPORT_ISSUE,
        P.REPORT_READ,
        P.REVIEWING_MANAGE,
        P.SELECTION_DECIDE,
        P.SELECTION_READ,
        P.STARTUP_READ,
        P.WORKSHOP_MANAGE,
    },
    Role.EXPERT: _OWN,
    Role.SPONSOR: _OWN | {P.COUNTER_DRILL, P.CREDIT_READ, P.PROGRAMME_READ, P.REPORT_READ},
    Role.ADMINISTRATOR: _OWN | {P.ACCOUNT_MANAGE, P.AUDIT_READ, P.PROGRAMME_READ},
    Role.SYSTEM: frozenset(P),
}


def permissions_of(actor: Actor) -> frozenset[P]:
    """Everything the actor's roles allow, together."""
    return frozenset().union(*(PERMISSIONS_OF[grant.role] for grant in actor.grants))


def permitted(actor: Actor, permission: P) -> bool:
    """True when one of the actor's roles holds the permission."""
    return any(permission in PERMISSIONS_OF[grant.role] for grant in actor.grants)


def roles_with(permission: P) -> frozenset[Role]:
    """The roles of people that hold the permission."""
    return frozenset(role for role, held in PERMISSIONS_OF.items() if permission in held and role is not Role.SYSTEM)


def may(actor: Actor, permission: P) -> Verdict:
    """The same as `permitted`, with the sentence for the person refused."""
    if permitted(actor, permission):
        return YES
    return Verdict(False, Message("Your role does not allow this."))


def can_manage_region(actor: Actor, region_code: str) -> Verdict:
    """Coordinators act in their own regions; managers and the system in all."""
    if actor.has(Role.MANAGER) or actor.has(Role.SYSTEM) or region_code in actor.regions():
        return YES
    return Verdict(False, Message("This region is run by another coordinator."))


def can_act_for_startup(actor: Actor, startup_id: int) -> Verdict:
    """Only the people of a startup act for it."""
    if startup_id in actor.startup_ids or actor.has(Role.SYSTEM):
        return YES
    return Verdict(False, Message("You do not belong to this startup."))
