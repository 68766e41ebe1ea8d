"""Services · Rubrics — a scoring sheet is made, changed while nobody has scored with it, and chosen for a batch."""

from __future__ import annotations

from sqlalchemy import delete, func, insert, select, update

from accelerator.extensions import db
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import BatchState
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Criterion, Rubric
from accelerator.queries import rubrics as queries
from accelerator.rules import access, rubrics
from accelerator.rules.rubrics import CODE_SHAPE, CriterionPlan, RubricPlan
from accelerator.services import audit, request_keys
from accelerator.services.transaction import transaction


def create_rubric(*, actor: Actor, code: str, plan: RubricPlan, request_key: str = "") -> int:
    """Make the first version of a rubric; its id.

    Raises: NotAllowed, RuleViolation on the field to blame.
    """
    _refuse_others(actor)
    plan = rubrics.checked_rubric(plan)
    if not CODE_SHAPE.fullmatch(code):
        raise RuleViolation(
            Message("A code is small letters, digits and dashes, a letter first: team, market-fit."), field="code"
        )
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        if db.session.scalar(select(Rubric.id).where(Rubric.code == code).limit(1)) is not None:
            raise RuleViolation(Message("Another rubric has this code."), field="code")
        rubric_id = _store(code, 1, plan)
        audit.record(actor, "made a rubric", f"rubric:{rubric_id}", code=code)
        request_keys.keep(actor, request_key, rubric_id)
        return rubric_id


def save_rubric(*, actor: Actor, rubric_id: int, plan: RubricPlan, fingerprint: str, request_key: str = "") -> int:
    """Change a rubric, or make its next version where somebody has scored with it; the id of what was saved.

    Args:   fingerprint is of the content that was on the page.
    Raises: NotAllowed, NotFound, RuleViolation on the field to blame; Conflict when somebody saved meanwhile.
    """
    _refuse_others(actor)
    plan = rubrics.checked_rubric(plan)
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        rubric = db.session.scalar(select(Rubric).where(Rubric.id == rubric_id).with_for_update())
        if rubric is None:
            raise NotFound(Message("There is no such rubric."))
        # Whoever is just sending a review holds these rows on PostgreSQL: wait, then see whether one was scored.
        db.session.execute(select(Criterion.id).where(Criterion.rubric_id == rubric_id).with_for_update())
        before = queries.stored_plan(rubric)
        latest = db.session.scalars(select(func.max(Rubric.version)).where(Rubric.code == rubric.code)).one()
        if latest != rubric.version or queries.fingerprint(before) != fingerprint:
            raise Conflict(Message("Somebody else changed this rubric while you were typing. Compare and save again."))
        if plan == before:
            return rubric_id
        if queries.is_scored(rubric_id):
            saved = _store(rubric.code, latest + 1, plan)
            audit.record(actor, "made a version of a rubric", f"rubric:{saved}", code=rubric.code, version=latest + 1)
        else:
            saved = rubric_id
            _rewrite(rubric_id, plan)
            audit.record(actor, "changed a rubric", f"rubric:{saved}", code=rubric.code, before=repr(before))
        request_keys.keep(actor, request_key, saved)
        return saved


def choose_rubric(*, actor: Actor, rubric_id: int, batch_id: int) -> str:
    """Let a batch be scored with this version; the code of the batch.

    Raises: NotAllowed, NotFound; RuleViolation once somebody has scored in the batch.
    """
    _refuse_others(actor)
    with transaction():
        batch = db.session.scalar(select(Batch).where(Batch.id == batch_id).with_for_update())
        if batch is None:
            raise NotFound(Message("There is no such batch."))
        if db.session.get(Rubric, rubric_id) is None:
            raise NotFound(Message("There is no such rubric."))
        refuse_once_scored(batch)
        before = batch.rubric_id
        batch.rubric_id = rubric_id
        batch.version += 1
        audit.record(actor, "chose a rubric", f"batch:{batch_id}", rubric=rubric_id, before=before)
        return batch.code


def refuse_once_scored(batch: Batch) -> None:
    """Raise RuleViolation on "rubric_id" when the scores of a batch rest on its rubric already."""
    if batch.state is BatchState.DECIDED:
        raise RuleViolation(Message("This batch is decided: its rubric stays."), field="rubric_id")
    if db.session.scalar(select(queries.has_scores(batch.id))):
        raise RuleViolation(
            Message("Somebody has scored in this batch already, or begun to: its rubric stays."), field="rubric_id"
        )


def _store(code: str, version: int, plan: RubricPlan) -> int:
    rubric_id: int = db.session.execute(
        insert(Rubric).values(code=code, version=version, **_columns(plan)).returning(Rubric.id)
    ).scalar_one()
    for position, line in enumerate(plan.criteria, start=1):
        db.session.execute(insert(Criterion).values(rubric_id=rubric_id, **_line(line, position, plan)))
    return rubric_id


def _rewrite(rubric_id: int, plan: RubricPlan) -> None:
    """The same rubric with other content; a criterion that stays keeps its id."""
    db.session.execute(update(Rubric).where(Rubric.id == rubric_id).values(**_columns(plan)))
    rows = db.session.execute(select(Criterion.code, Criterion.id).where(Criterion.rubric_id == rubric_id)).all()
    known = {row.code: row.id for row in rows}
    kept = {line.code for line in plan.criteria}
    db.session.execute(delete(Criterion).where(Criterion.id.in_([known[code] for code in known.keys() - kept])))
    for position, line in enumerate(plan.criteria, start=1):
        values = _line(line, position, plan)
        if line.code in known:
            db.session.execute(update(Criterion).where(Criterion.id == known[line.code]).values(**values))
        else:
            db.session.execute(insert(Criterion).values(rubric_id=rubric_id, **values))


def _columns(plan: RubricPlan) -> dict[str, object]:
    return {
        "name_fr": plan.name.fr,
        "name_en": plan.name.en,
        "scale_min": plan.scale_min,
        "scale_max": plan.scale_max,
    }


def _line(line: CriterionPlan, position: int, plan: RubricPlan) -> dict[str, object]:
    return {
        "code": line.code,
        "position": position,
        "label_fr": line.label.fr,
        "label_en": line.label.en,
        "help_fr": line.help.fr,
        "help_en": line.help.en,
        "weight": line.weight,
        "anchors": [
            {"points": str(point), "fr": anchor.fr, "en": anchor.en}
            for point, anchor in zip(plan.points, line.anchors, strict=True)
        ],
    }


def _refuse_others(actor: Actor) -> None:
    if not (verdict := access.may(actor, Permission.REVIEWING_MANAGE)):
        raise NotAllowed(verdict.reason)
