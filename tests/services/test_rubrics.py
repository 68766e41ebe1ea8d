"""A scoring sheet is made, changed while nobody has scored with it, versioned afterwards, chosen for a batch."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import ApplicationState, BatchState, Role
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.audit import AuditEntry
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Criterion, Rubric
from accelerator.queries import batches
from accelerator.queries import rubrics as queries
from accelerator.services import programmes, reviewing, rubrics
from tests import make
from tests.rules.test_rubrics import line, plan


@pytest.fixture
def boss(db):
    return make.actor(make.manager())


def save(boss, rubric_id, changed, **others):
    sheet = queries.sheet(rubric_id)
    return rubrics.save_rubric(
        **{"actor": boss, "rubric_id": rubric_id, "plan": changed, "fingerprint": sheet.fingerprint, **others}
    )


def scored_batch(rubric_id, *, draft_only=False):
    ada = make.user(Role.REVIEWER)
    batch = make.batch(rubric_id=rubric_id, state=BatchState.REVIEWING)
    duty = make.assignment(of=make.application(of=batch, state=ApplicationState.ADMISSIBLE), reviewer=ada)
    scores = {row.id: 3 for row in make.db.session.scalars(select(Criterion).where(Criterion.rubric_id == rubric_id))}
    act = reviewing.autosave_draft if draft_only else reviewing.submit_review
    act(actor=make.actor(ada), assignment_id=duty.id, scores=scores, comment="")
    return batch


def test_create_rubric_stores_it_whole(boss, db):
    rubric_id = rubrics.create_rubric(actor=boss, code="grid", plan=plan(line(), line("market")), request_key="k")
    again = rubrics.create_rubric(actor=boss, code="grid", plan=plan(), request_key="k")

    sheet = queries.sheet(rubric_id)
    assert again == rubric_id
    assert (sheet.version, sheet.plan, sheet.total) == (1, plan(line(), line("market")), Decimal(6))
    assert [found.share for found in sheet.lines] == [0.5, 0.5]


def test_create_rubric_refused_leaves_nothing_behind(boss, db):
    rubrics.create_rubric(actor=boss, code="grid", plan=plan())

    for code, sheet in (("grid", plan()), ("Grid!", plan()), ("other", plan(line("")))):
        with pytest.raises(RuleViolation):
            rubrics.create_rubric(actor=boss, code=code, plan=sheet)

    assert db.scalars(select(Rubric.code)).all() == ["grid"]


def test_save_changes_in_place_what_nobody_has_scored_with(boss, db):
    rubric_id = rubrics.create_rubric(actor=boss, code="grid", plan=plan(line(), line("market")))
    before = dict(db.execute(select(Criterion.code, Criterion.id)).all())

    saved = save(boss, rubric_id, plan(line("vision"), line("team", weight=Decimal("7.5"))))

    after = dict(db.execute(select(Criterion.code, Criterion.id)).all())
    assert saved == rubric_id
    assert after.keys() == {"vision", "team"}
    assert after["team"] == before["team"]
    assert [found.plan.code for found in queries.sheet(rubric_id).lines] == ["vision", "team"]


@pytest.mark.parametrize("draft_only", [False, True])
def test_save_of_a_scored_rubric_is_a_new_version_and_the_old_one_stays(boss, db, draft_only):
    rubric_id = rubrics.create_rubric(actor=boss, code="grid", plan=plan(line(), line("market")))
    batch = scored_batch(rubric_id, draft_only=draft_only)
    old = queries.sheet(rubric_id).plan

    saved = save(boss, rubric_id, plan(line()), request_key="k")
    again = save(boss, rubric_id, plan(line()), request_key="k")

    assert saved == again != rubric_id
    assert (queries.sheet(saved).version, queries.sheet(saved).code) == (2, "grid")
    assert queries.sheet(rubric_id).plan == old
    assert db.get_one(Batch, batch.id).rubric_id == rubric_id
    assert db.scalars(select(AuditEntry.verb).order_by(AuditEntry.id.desc()).limit(1)).one() == (
        "made a version of a rubric"
    )


def test_save_of_the_same_is_nothing(boss, db):
    rubric_id = rubrics.create_rubric(actor=boss, code="grid", plan=plan())
    scored_batch(rubric_id)

    assert save(boss, rubric_id, plan()) == rubric_id

    assert db.scalar(select(func.count()).select_from(Rubric).where(Rubric.code == "grid")) == 1


def test_save_from_an_old_page_or_an_old_version_is_a_conflict(boss, db):
    rubric_id = rubrics.create_rubric(actor=boss, code="grid", plan=plan())
    seen = queries.sheet(rubric_id).fingerprint
    save(boss, rubric_id, plan(line(weight=Decimal(4))))
    with pytest.raises(Conflict):
        save(boss, rubric_id, plan(line(weight=Decimal(5))), fingerprint=seen)
    scored_batch(rubric_id)
    save(boss, rubric_id, plan(line(weight=Decimal(6))))
    with pytest.raises(Conflict):
        save(boss, rubric_id, plan(line(weight=Decimal(7))))

    assert [row.version for row in queries.rubrics() if row.code == "grid"] == [2, 1]


def test_save_refused_leaves_nothing_behind(boss, db):
    rubric_id = rubrics.create_rubric(actor=boss, code="grid", plan=plan())
    before = queries.sheet(rubric_id)

    with pytest.raises(RuleViolation):
        save(boss, rubric_id, replace(plan(), name=Bilingual("", "")))
    with pytest.raises(NotFound):
        rubrics.save_rubric(actor=boss, rubric_id=99, plan=plan(), fingerprint="")

    assert queries.sheet(rubric_id) == before


def test_choose_rubric_until_somebody_has_scored(boss, db):
    rubric_id = rubrics.create_rubric(actor=boss, code="grid", plan=plan())
    free, scored, begun = make.batch(), scored_batch(make.rubric().id), scored_batch(make.rubric().id, draft_only=True)
    decided = make.batch(state=BatchState.DECIDED)
    before = {batch.id: batch.rubric_id for batch in (scored, begun, decided)}

    assert rubrics.choose_rubric(actor=boss, rubric_id=rubric_id, batch_id=free.id) == free.code
    for batch_id in before:
        with pytest.raises(RuleViolation):
            rubrics.choose_rubric(actor=boss, rubric_id=rubric_id, batch_id=batch_id)
    for values in ({"rubric_id": 99, "batch_id": free.id}, {"rubric_id": rubric_id, "batch_id": 99}):
        with pytest.raises(NotFound):
            rubrics.choose_rubric(actor=boss, **values)

    db.expire_all()
    assert db.get_one(Batch, free.id).rubric_id == rubric_id
    assert {batch_id: db.get_one(Batch, batch_id).rubric_id for batch_id in before} == before
    assert queries.sheet(rubric_id).choices == {}


def test_the_batch_form_does_not_go_round_it(boss, db):
    scored = scored_batch(make.rubric().id)
    scored.state = BatchState.OPEN
    db.commit()
    stored = batches.plan_of(scored.code)

    with pytest.raises(RuleViolation, match="scored in this batch already"):
        programmes.edit_batch(
            actor=boss, code=scored.code, version=scored.version, plan=replace(stored, rubric_id=make.rubric().id)
        )


def test_only_managers_touch_rubrics(db):
    ada = make.actor(make.user(Role.REVIEWER))

    for act in (
        lambda: rubrics.create_rubric(actor=ada, code="grid", plan=plan()),
        lambda: rubrics.save_rubric(actor=ada, rubric_id=1, plan=plan(), fingerprint=""),
        lambda: rubrics.choose_rubric(actor=ada, rubric_id=1, batch_id=1),
    ):
        with pytest.raises(NotAllowed):
            act()

    assert db.scalars(select(Rubric)).all() == []
