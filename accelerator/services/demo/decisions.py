"""Services · Demo · Decisions — committees decide, offers go out, founders answer: through the services, each on its day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel.actor import Actor
from accelerator.kernel.actor import RoleGrant as Grant
from accelerator.kernel.enums import OfferState, Outcome, PortfolioRuleKind, Role
from accelerator.models.applications import Application
from accelerator.models.selection import Offer
from accelerator.queries import decision_letters as letter_queries
from accelerator.queries import portfolio as portfolio_queries
from accelerator.queries import selection as queries
from accelerator.rules import portfolio as portfolio_rules
from accelerator.rules.selection import Choice, answer_by, version_of
from accelerator.services import offers, portfolio, rankings, selection, waves
from accelerator.services.demo.accounts import actor_of
from accelerator.services.demo.book import phrases
from accelerator.services.demo.feedback import tell_the_refused
from accelerator.services.demo.story import BatchFacts, Story, evening

ZONE = "Europe/Paris"
RULES = (
    (PortfolioRuleKind.MINIMUM, ("women_founders", "yes"), 7),
    (PortfolioRuleKind.MINIMUM, ("region", "32"), 1),
    (PortfolioRuleKind.MAXIMUM, ("region", "11"), 6),
    (PortfolioRuleKind.MAXIMUM, ("sector", "public"), 2),
)
"""What the committee of the batch in review wants of its cohort."""


def plan_decision(story: Story, batch: BatchFacts, favourite: int | None) -> None:
    """Put the decision of one batch and everything that follows from it on the timeline.

    Args: favourite is the startup that must be among the chosen.
    """
    decided_at = evening(batch.decides_on, 16)
    respond_by = answer_by(decided_at, batch.starts_on, ZONE)
    if respond_by is None:
        raise RuntimeError(f"{batch.code} starts before it is decided")
    story.then(decided_at, lambda: _confirm(story, batch, respond_by, favourite))
    story.then(decided_at + timedelta(hours=1), lambda: tell_the_refused(story, batch))
    story.then(decided_at + timedelta(hours=2), lambda: _send(story, batch, respond_by))
    hours = sorted(story.chance.sample(range(20, 100), batch.places))
    for place in range(batch.places):
        act: Callable[[Actor, int], None] = _decline if place == batch.places // 2 else _accept
        answered_at = decided_at + timedelta(hours=hours[place], minutes=story.chance.randrange(60))
        story.then(answered_at, lambda act=act: _answer_one(story, batch, favourite, act))  # type: ignore[misc]
    story.then(decided_at + timedelta(hours=130), lambda: _answer_one(story, batch, favourite, _accept))
    story.then(decided_at + timedelta(hours=131), lambda: _remember_cohort(story, batch))


def set_rules(story: Story, batch: BatchFacts) -> None:
    """The portfolio rules of a batch with a ranking; a minimum that too few are ranked for is left out."""
    manager = actor_of(story, "manager")
    for kind, trait, bound in RULES:
        stored = portfolio_queries.rules(batch.id)
        own = portfolio_rules.Rule(0, kind, *trait, bound)
        ranked = portfolio_queries.contenders(batch.id, [own], batch.places)
        if kind is PortfolioRuleKind.MINIMUM and sum(own.counts(one) for one in ranked) < bound:
            continue
        portfolio.add_rule(
            actor=manager,
            code=batch.code,
            kind=kind,
            trait=trait,
            bound=bound,
            version=portfolio_rules.version_of(stored),
        )


def _confirm(story: Story, batch: BatchFacts, respond_by: datetime, favourite: int | None) -> None:
    """The proposal of the ranking, but for one application that the committee prefers and gives its reason for."""
    manager = actor_of(story, "manager")
    rankings.compute_ranking(actor=manager, code=batch.code)
    db.session.flush()
    selection.propose_from_ranking(actor=manager, code=batch.code, version=_version(batch))
    _prefer_one(manager, batch, favourite)
    reasons = phrases("phrases")["reasons"]
    stored = queries.choices(batch.id)
    owed = queries.departures(batch.id, stored)
    told = [
        replace(choice, reason=reasons["passed_over" if choice.outcome is Outcome.REFUSE else "off_rank"][0])
        for choice in stored
        if choice.application_id in owed
    ]
    selection.save_choices(actor=manager, code=batch.code, choices=told, version=_version(batch))
    selection.confirm(
        actor=manager,
        code=batch.code,
        version=_version(batch),
        typed_places=batch.places,
        respond_by=respond_by,
    )


def _prefer_one(manager: Actor, batch: BatchFacts, favourite: int | None) -> None:
    """One of the first fifteen is passed over for one a little below."""
    passed_over, preferred = preference(batch, favourite)
    changed = [Choice(passed_over, Outcome.REFUSE), Choice(preferred, Outcome.ADMIT)]
    selection.save_choices(actor=manager, code=batch.code, choices=changed, version=_version(batch))


def preference(batch: BatchFacts, favourite: int | None) -> tuple[int, int]:
    """The application that is passed over, and the one that is preferred to it."""
    order = queries.order(batch.id)
    own = db.session.scalar(
        select(Application.id).where(Application.batch_id == batch.id, Application.startup_id == favourite)
    )
    out, into = batch.places - 1, min(batch.places + 1, len(order) - 1)
    if own is not None and order.index(own) >= batch.places:
        into = order.index(own)
    elif own is not None and order[out] == own:
        out -= 1
    return order[out], order[into]


def _version(batch: BatchFacts) -> str:
    return version_of(queries.choices(batch.id))


def _send(story: Story, batch: BatchFacts, respond_by: datetime) -> None:
    manager = actor_of(story, "manager")
    waves.send_offers(actor=manager, code=batch.code, respond_by=respond_by, expected=batch.places)
    for outcome in (Outcome.WAITLIST, Outcome.REFUSE):
        waiting = len(letter_queries.to_send(batch.id, outcome))
        waves.send_answers(actor=manager, code=batch.code, outcome=outcome, expected=waiting)


def _answer_one(story: Story, batch: BatchFacts, favourite: int | None, act: Callable[[Actor, int], None]) -> None:
    """The next founder who has not answered does; the favourite never declines."""
    waiting = db.session.execute(
        select(Offer.id, Application.startup_id)
        .join(Application, Application.id == Offer.application_id)
        .where(Offer.batch_id == batch.id, Offer.state == OfferState.SENT)
        .order_by(Offer.id)
    ).all()
    willing = [row for row in waiting if act is _accept or row.startup_id != favourite]
    if willing:
        startup = story.startup(willing[0].startup_id)
        founder = Actor(startup.user_id, startup.founders[0], frozenset({Grant(Role.FOUNDER)}), frozenset({startup.id}))
        act(founder, willing[0].id)


def _accept(founder: Actor, offer_id: int) -> None:
    offers.accept(actor=founder, offer_id=offer_id)


def _decline(founder: Actor, offer_id: int) -> None:
    offers.decline(actor=founder, offer_id=offer_id, reason=phrases("phrases")["reasons"]["declined"][0])


def _remember_cohort(story: Story, batch: BatchFacts) -> None:
    members = db.session.scalars(
        select(Application.startup_id)
        .join(Offer, Offer.application_id == Application.id)
        .where(Offer.batch_id == batch.id, Offer.state == OfferState.ACCEPTED)
        .order_by(Offer.id)
    )
    story.cohorts[batch.code] = [story.startup(startup_id) for startup_id in members]
