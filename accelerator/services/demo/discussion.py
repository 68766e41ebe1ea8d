"""Services · Demo · Discussion — what committees said to each other, through the service, each remark at its hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.actor import RoleGrant as Grant
from accelerator.kernel.enums import Role
from accelerator.kernel.errors import RuleViolation
from accelerator.models.accounts import User
from accelerator.models.reviewing import Review
from accelerator.services import discussion
from accelerator.services.demo.accounts import actor_of
from accelerator.services.demo.story import IN_REVIEW, RUNNING, BatchFacts, Story, evening

TEAM: Final = "team"
PAUSE: Final = timedelta(minutes=47)
"""Between two remarks of one discussion."""


@dataclass(frozen=True)
class Line:
    """One remark: who speaks ("first", "second", "third" to send a review, or the team), and which line it answers."""

    who: str
    text: str
    answers: int | None = None


_SPREAD: Final = (
    Line(
        "second",
        "Nous ne lisons pas ce dossier de la même façon. @{first}, sur quoi repose ta confiance dans le marché ?",
    ),
    Line(
        "first",
        "Sur les deux contrats cités dans la réponse sur les clients : ils sont signés et renouvelés, ce qui est rare à ce "
        "stade. Je comprends la réserve sur la taille de l’équipe.",
        answers=0,
    ),
    Line(
        "second",
        "Je les avais lus comme des pilotes gratuits. Si ce sont des contrats payés, mon doute porte surtout sur la mesure "
        "de la qualité : quinze cas, c’est peu.",
        answers=0,
    ),
    Line(
        "team",
        "Merci à tous les deux. Nous demanderons les contrats à l’entretien. @{first}, @{second}, une autre question à poser ?",
    ),
)
_CALL: Final = (
    Line(
        "second",
        "@{ours}, tu connais ce métier mieux que moi : la certification dont ils parlent se compte-t-elle en mois ou en "
        "années ?",
    ),
    Line(
        "team",
        "La question a été posée par un autre membre du comité aussi : une réponse nous aiderait avant la réunion.",
    ),
)
_SHORT: Final = (
    Line(
        "first",
        "Le plan sur quatre mois tient en une page et chaque étape a une mesure. C’est ce qui m’a fait pencher.",
    ),
)
_DECIDED: Final = (
    Line(
        "first", "Dossier à la limite pour moi : l’équipe est complète, le produit n’a que six utilisateurs réguliers."
    ),
    Line(
        "second",
        "Six, mais tous les jours depuis un an. J’y vois un usage installé plutôt qu’un essai.",
        answers=0,
    ),
    Line(
        "team",
        "Vos deux lectures se tiennent : le comité les entendra cet après-midi. Merci @{first} et @{second}.",
    ),
)


def hold_discussions(story: Story) -> None:
    """Put a few discussions on the timeline: in the batch in review, and in one that is decided since."""
    story.then(story.now - timedelta(hours=20), lambda: _in_review(story, story.batches[IN_REVIEW]))
    running = story.batches[RUNNING]
    story.then(evening(running.decides_on, 9), lambda: _before_the_decision(story, running))


def _in_review(story: Story, batch: BatchFacts) -> None:
    """One that has come to an end, one that waits for our reviewer, one with a single remark."""
    ours = story.reviewers[0]
    own = _dossiers(batch, of=ours)
    others = [found for found in _dossiers(batch) if ours not in found[1]]
    for (application_id, readers), lines in zip(own, (_CALL, _SPREAD), strict=False):
        told = [*(one for one in readers if one != ours), ours]
        _say(story, application_id, told if lines is _SPREAD else [ours, *told[:-1]], lines, ours)
    for application_id, readers in others[:1]:
        _say(story, application_id, readers, _SHORT, ours)


def _before_the_decision(story: Story, batch: BatchFacts) -> None:
    for application_id, readers in _dossiers(batch)[:1]:
        _say(story, application_id, readers, _DECIDED, story.reviewers[0])


def _dossiers(batch: BatchFacts, of: int | None = None) -> list[tuple[int, list[int]]]:
    """Dossiers with two reviews or more, those that disagree most first, with who sent them in order."""
    apart = func.max(Review.overall) - func.min(Review.overall)
    statement = (
        select(Review.application_id)
        .where(Review.batch_id == batch.id)
        .group_by(Review.application_id)
        .having(func.count() > 1, func.max(Review.submitted_at) < clock.now())
        .order_by(apart.desc(), Review.application_id)
    )
    if of is not None:
        statement = statement.where(
            Review.application_id.in_(select(Review.application_id).where(Review.reviewer_user_id == of))
        )
    return [
        (
            application_id,
            list(
                db.session.scalars(
                    select(Review.reviewer_user_id)
                    .where(Review.application_id == application_id)
                    .order_by(Review.submitted_at, Review.id)
                )
            ),
        )
        for application_id in db.session.scalars(statement.limit(8))
    ]


def _say(story: Story, application_id: int, readers: Sequence[int], lines: Sequence[Line], ours: int) -> None:
    """The lines of one discussion; one that would name the startup by chance is left out, with what answers it."""
    people = {"first": _reviewer(readers[0]), "second": _reviewer(readers[1]), TEAM: actor_of(story, "manager")}
    names: Mapping[str, str] = {key: actor.name for key, actor in people.items()} | {"ours": _reviewer(ours).name}
    written: dict[int, int] = {}
    for place, line in enumerate(lines):
        if line.answers is not None and line.answers not in written:
            continue
        actor = people[line.who]
        answered = written[line.answers] if line.answers is not None else None
        with clock.held(clock.now() + PAUSE * place):
            discussion.note_read(actor=actor, application_id=application_id, newest_at=None)
            with suppress(RuleViolation):
                written[place] = discussion.write_remark(
                    actor=actor, application_id=application_id, body=line.text.format(**names), reply_to_id=answered
                ).remark_id


def _reviewer(user_id: int) -> Actor:
    user = db.session.get_one(User, user_id)
    return Actor(user_id, user.name, frozenset({Grant(Role.REVIEWER)}))
