"""An application is started, saved, submitted before the deadline, withdrawn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, BatchState, QuestionKind, Role
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.applications import Answer, Application, LateArrival
from accelerator.models.audit import AuditEntry
from accelerator.models.letters import Letter
from accelerator.rules.applications import TypedAnswer, fingerprint
from accelerator.services import applications
from tests import make
from tests.conftest import at


def start(person, of, startup) -> int:
    return applications.start_application(actor=make.actor(person), batch_code=of.code, startup_id=startup.id)


def save(person, application_id: int, **texts: tuple[str, str]) -> applications.Saved:
    typed = {int(name[1:]): TypedAnswer(text, fingerprint(over)) for name, (text, over) in texts.items()}
    return applications.save_answers(actor=make.actor(person), application_id=application_id, typed=typed)


def submit(person, application_id: int, is_true: bool = True) -> str:
    return applications.submit_application(
        actor=make.actor(person),
        application_id=application_id,
        is_true=is_true,
        may_contact=False,
        arrived_at=clock.now(),
    )


def complete(person, **columns) -> Application:
    """A draft with everything it needs."""
    startup = make.startup(people=(person,), pitch="Reads scans.")
    of = columns.pop("of", None) or make.batch()
    draft = make.application(of=of, by=startup, state=ApplicationState.DRAFT)
    make.answer(draft, make.question(of), "Ten words.")
    make.deck(draft)
    return draft


def test_start_application_is_one_for_startup_and_call(db):
    ada, grace = make.user(), make.user()
    startup, of = make.startup(people=(ada, grace)), make.batch()

    first, again = start(ada, of, startup), start(grace, of, startup)

    assert first == again
    assert db.scalars(select(Application.state)).all() == [ApplicationState.DRAFT]


def test_start_application_is_for_own_startups_and_open_calls(db):
    ada, eve = make.user(), make.user()
    startup, of = make.startup(people=(ada,)), make.batch()
    later = make.batch(opens_at=clock.now() + timedelta(days=1))
    over = make.batch(closes_at=clock.now())
    hidden = make.batch(state=BatchState.DRAFT)

    with pytest.raises(NotFound):
        start(eve, of, startup)
    with pytest.raises(NotAllowed):
        start(make.user(Role.REVIEWER), of, startup)
    with pytest.raises(RuleViolation, match="opens on"):
        start(ada, later, startup)
    with pytest.raises(RuleViolation, match="closed on"):
        start(ada, over, startup)
    with pytest.raises(NotFound):
        start(ada, hidden, startup)

    assert db.scalars(select(Application)).all() == []


def test_save_answers_keeps_what_was_typed_whatever_its_shape(db):
    ada = make.user()
    startup, of = make.startup(people=(ada,)), make.batch()
    number = make.question(of, kind=QuestionKind.NUMBER)
    application_id = start(ada, of, startup)

    saved = save(ada, application_id, **{f"q{number.id}": ("not a number", "")})

    assert db.scalars(select(Answer.text)).all() == ["not a number"]
    assert saved.fingerprints == {number.id: fingerprint("not a number")}
    assert saved.conflicts == {}


def test_save_answers_of_two_people_meet_without_loss(db):
    ada, grace = make.user(), make.user()
    startup, of = make.startup(people=(ada, grace)), make.batch()
    one, two = make.question(of), make.question(of)
    application_id = start(ada, of, startup)
    save(ada, application_id, **{f"q{one.id}": ("first", ""), f"q{two.id}": ("second", "")})

    save(grace, application_id, **{f"q{one.id}": ("by Grace", "first"), f"q{two.id}": ("second", "second")})
    saved = save(ada, application_id, **{f"q{one.id}": ("by Ada", "first"), f"q{two.id}": ("Ada too", "second")})

    assert saved.conflicts == {one.id: "by Grace"}
    texts = {row.question_id: row.text for row in db.execute(select(Answer.question_id, Answer.text))}
    assert texts == {one.id: "by Grace", two.id: "Ada too"}
    settled = save(ada, application_id, **{f"q{one.id}": ("by both", "by Grace")})
    assert settled.conflicts == {}


def test_save_answers_of_nothing_new_changes_nothing(db):
    ada = make.user()
    startup, of = make.startup(people=(ada,)), make.batch()
    asked = make.question(of)
    application_id = start(ada, of, startup)
    save(ada, application_id, **{f"q{asked.id}": ("text", "")})

    save(ada, application_id, **{f"q{asked.id}": ("text", "")})

    assert db.get_one(Application, application_id).version == 2


def test_save_answers_removes_an_emptied_one(db):
    ada = make.user()
    startup, of = make.startup(people=(ada,)), make.batch()
    asked = make.question(of)
    application_id = start(ada, of, startup)
    save(ada, application_id, **{f"q{asked.id}": ("text", "")})

    save(ada, application_id, **{f"q{asked.id}": ("", "text")})

    assert db.scalars(select(Answer)).all() == []


def test_save_answers_refused_leaves_nothing_behind(db):
    ada, eve = make.user(), make.user()
    startup, of = make.startup(people=(ada,)), make.batch()
    asked, foreign = make.question(of), make.question(make.batch())
    application_id = start(ada, of, startup)

    with pytest.raises(RuleViolation):
        save(ada, application_id, **{f"q{asked.id}": ("x" * 12_001, "")})
    with pytest.raises(NotFound):
        save(ada, application_id, **{f"q{asked.id}": ("fine", ""), f"q{foreign.id}": ("not here", "")})
    with pytest.raises(NotFound):
        save(eve, application_id, **{f"q{asked.id}": ("mine", "")})

    assert db.scalars(select(Answer)).all() == []


def test_submit_gives_a_receipt_and_tells_everyone_of_the_startup(db):
    at("2026-03-01T09:00:05Z")
    ada, grace = make.user(locale="fr"), make.user()
    of = make.batch(code="GS-2027-1")
    draft = complete(ada, of=of)
    make.member(db.get_one(make.Startup, draft.startup_id), grace)

    receipt = submit(ada, draft.id)

    db.refresh(draft)
    assert receipt == draft.receipt
    assert receipt.startswith(f"GS-2027-1-{draft.id:04d}-")
    assert (draft.state, draft.submitted_at) == (ApplicationState.SUBMITTED, clock.now())
    letters = db.scalars(select(Letter).order_by(Letter.id)).all()
    assert [(letter.to_user_id, letter.kind) for letter in letters] == [(ada.id, "receipt"), (grace.id, "receipt")]
    assert receipt in letters[0].subject and "1 mars 2026 10:00 (heure de Paris)" in letters[0].body
    declared = db.scalars(select(AuditEntry.detail).where(AuditEntry.verb == "submitted application")).one()
    assert (declared["declares_true"], declared["may_be_contacted"]) == (True, False)


def test_submit_twice_is_one_submission(db):
    ada = make.user()
    draft = complete(ada)

    first, second = submit(ada, draft.id), submit(ada, draft.id)

    assert first == second
    assert len(db.scalars(select(Letter)).all()) == 1


@pytest.mark.parametrize(("seconds", "is_in_time"), [(-1, True), (0, False), (1, False)])
def test_submit_is_held_to_the_second_by_the_servers_clock(db, seconds, is_in_time):
    ada = make.user()
    deadline = make.instant("2026-03-01T22:59:59")
    clock.fix(deadline - timedelta(days=1))
    draft = complete(ada, of=make.batch(closes_at=deadline))
    clock.fix(deadline + timedelta(seconds=seconds))

    if is_in_time:
        submit(ada, draft.id)
    else:
        with pytest.raises(RuleViolation, match="closed on"):
            submit(ada, draft.id)

    db.refresh(draft)
    assert draft.state is (ApplicationState.SUBMITTED if is_in_time else ApplicationState.DRAFT)
    late = db.scalars(select(LateArrival)).all()
    assert [(one.application_id, one.user_id, one.arrived_at) for one in late] == (
        [] if is_in_time else [(draft.id, ada.id, clock.now())]
    )


def test_submit_that_waited_for_others_keeps_its_arrival(db):
    ada = make.user()
    deadline = make.instant("2026-03-01T22:59:59")
    clock.fix(deadline - timedelta(days=1))
    draft = complete(ada, of=make.batch(closes_at=deadline))
    clock.fix(deadline + timedelta(seconds=9))

    applications.submit_application(
        actor=make.actor(ada),
        application_id=draft.id,
        is_true=True,
        may_contact=False,
        arrived_at=deadline - timedelta(seconds=1),
    )

    db.refresh(draft)
    assert draft.submitted_at == deadline - timedelta(seconds=1)


def test_submit_refuses_what_is_incomplete_or_not_declared_true(db):
    ada = make.user()
    draft = complete(ada)
    asked = make.question(db.get_one(make.Batch, draft.batch_id))

    with pytest.raises(RuleViolation, match="missing"):
        submit(ada, draft.id)
    make.answer(draft, asked, "Now it is there.")
    with pytest.raises(RuleViolation) as refusal:
        submit(ada, draft.id, is_true=False)

    assert refusal.value.field == "is_true"
    db.refresh(draft)
    assert (draft.state, draft.receipt) == (ApplicationState.DRAFT, None)
    assert db.scalars(select(Letter)).all() == []


def test_submit_is_closed_to_strangers(db):
    draft = complete(make.user())

    with pytest.raises(NotFound):
        submit(make.user(), draft.id)


def test_a_submitted_application_is_not_edited(db):
    ada = make.user()
    draft = complete(ada)
    submit(ada, draft.id)

    with pytest.raises(Conflict):
        save(ada, draft.id)


def test_withdraw_and_start_again_until_the_deadline(db):
    ada = make.user()
    draft = complete(ada)
    submit(ada, draft.id)
    of = db.get_one(make.Batch, draft.batch_id)

    applications.withdraw_application(actor=make.actor(ada), application_id=draft.id)
    with pytest.raises(Conflict):
        submit(ada, draft.id)
    again = start(ada, of, db.get_one(make.Startup, draft.startup_id))
    second = submit(ada, draft.id)

    assert again == draft.id
    assert second == draft.receipt
    kinds = db.scalars(select(Letter.kind).order_by(Letter.id)).all()
    assert kinds == ["receipt", "application_withdrawn", "receipt"]


def test_withdraw_twice_is_one(db):
    ada = make.user()
    draft = complete(ada)
    submit(ada, draft.id)

    for _time in range(2):
        applications.withdraw_application(actor=make.actor(ada), application_id=draft.id)

    verbs = db.scalars(select(AuditEntry.verb).where(AuditEntry.verb == "withdrew application")).all()
    assert len(verbs) == 1


@pytest.mark.parametrize("state", [ApplicationState.ADMITTED, ApplicationState.REFUSED, ApplicationState.INADMISSIBLE])
def test_withdraw_is_over_once_decided(db, state):
    ada = make.user()
    one = make.application(by=make.startup(people=(ada,)), state=state)

    with pytest.raises(Conflict):
        applications.withdraw_application(actor=make.actor(ada), application_id=one.id)
    with pytest.raises(NotFound):
        applications.withdraw_application(actor=make.actor(make.user()), application_id=one.id)
