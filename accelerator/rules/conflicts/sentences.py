"""Rules · Conflicts · Sentences — the evidence of a ground, as somebody would say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from accelerator.kernel.enums import InterestKind, TieKind
from accelerator.kernel.message import N_, Message
from accelerator.rules.conflicts.ties import Colleague, Interest, Tie

_MINE: Final[Mapping[InterestKind, str]] = {
    InterestKind.COMPANY: N_("The reviewer works for %(name)s or holds shares in it."),
    InterestKind.FUND: N_("The reviewer belongs to the fund or investor %(name)s."),
    InterestKind.BOARD: N_("The reviewer sits on the board of %(name)s."),
    InterestKind.ADVISING: N_("The reviewer mentors or advises %(name)s."),
    InterestKind.PAST_EMPLOYER: N_("The reviewer has worked for %(name)s."),
    InterestKind.CLOSE_PERSON: N_("%(person)s, close to the reviewer, is tied to %(name)s."),
}
_THEIRS: Final[Mapping[TieKind, str]] = {
    TieKind.SHAREHOLDER: N_("The startup names it among its shareholders or investors."),
    TieKind.ADVISER: N_("The startup names it among its advisers."),
    TieKind.BOARD: N_("The startup names it on its board."),
    TieKind.FORMER_EMPLOYER: N_("The startup names it as a former employer of a founder."),
}
_NAMED: Final[Mapping[TieKind, str]] = {
    TieKind.SHAREHOLDER: N_("among its shareholders or investors"),
    TieKind.ADVISER: N_("among its advisers"),
    TieKind.BOARD: N_("on its board"),
    TieKind.FORMER_EMPLOYER: N_("at a former employer of a founder"),
}


def same_siren(interest: Interest, tie: Tie | None) -> Message:
    """Both sides carry one SIREN."""
    return Message(
        "%(mine)s %(theirs)s SIREN %(siren)s on both sides.",
        mine=_mine(interest),
        theirs=Message(_THEIRS[tie.kind]) if tie else Message("It is this startup."),
        siren=interest.siren,
    )


def same_name(interest: Interest, tie: Tie | None, name: str) -> Message:
    """Only the names agree."""
    return Message(
        "%(mine)s %(theirs)s Only the names agree: “%(one)s”, “%(other)s”.",
        mine=_mine(interest),
        theirs=Message(_THEIRS[tie.kind]) if tie else Message("The startup bears this name."),
        one=interest.organisation,
        other=name,
    )


def same_person(name: str, tie: Tie | None, *, is_self: bool) -> Message:
    """Somebody there is called so."""
    theirs = (
        Message("The startup names somebody called so %(where)s.", where=Message(_NAMED[tie.kind]))
        if tie
        else Message("A member of the startup is called so.")
    )
    if is_self:
        return Message("The reviewer is called %(name)s. %(theirs)s", name=name, theirs=theirs)
    return Message("%(name)s is close to the reviewer. %(theirs)s", name=name, theirs=theirs)


def chain(colleague: Colleague, startup: str) -> Message:
    """From the reviewer through a startup and a person to another startup."""
    if colleague.through is None:
        return Message(
            "The reviewer is a member of %(ours)s with %(person)s, who is a member of %(theirs)s.",
            ours=colleague.startup,
            person=colleague.person,
            theirs=startup,
        )
    return Message(
        "%(mine)s %(person)s is a member of %(ours)s and of %(theirs)s.",
        mine=_mine(colleague.through),
        ours=colleague.startup,
        person=colleague.person,
        theirs=startup,
    )


def _mine(interest: Interest) -> Message:
    said = Message(_MINE[interest.kind], name=interest.organisation, person=interest.person)
    if interest.until_year is None:
        return said
    return Message("%(mine)s That ended in %(year)s.", mine=said, year=interest.until_year)
