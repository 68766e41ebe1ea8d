"""Choices prepared by several managers, made final once, frozen with a proof."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, BatchState, LetterState, OfferState, Outcome
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.letters import Letter
from accelerator.models.reviewing import Assignment, ConflictOfInterest
from accelerator.models.selection import Decision, Offer, SelectionSnapshot
from accelerator.queries import selection as queries
from accelerator.rules import selection as rules
from accelerator.rules.selection import Choice
from accelerator.services import rankings, selection
from accelerator.services.transaction import transaction
from tests import committee, make
from tests.committee import admit, choose, confirm, entries, wait


def stored(db, batch) -> list[tuple]:
    rows = db.execute(
        select(Decision.outcome, Decision.waitlist_position, Decision.reason)
        .where(Decision.batch_id == batch.id)
        .order_by(Decision.application_id)
    )
    return [tuple(row) for row in rows]


def test_save_choices_keeps_the_rest_and_closes_gaps_in_the_waitlist(db):
    batch = committee.reviewed_batch()
    one, two, three, four, *_ = entries(batch)
    choose(batch, admit(one), wait(three, 5))

    owed = choose(batch, admit(two), wait(four, 9))

    assert owed == 0
    assert stored(db, batch) == [
        (Outcome.ADMIT, None, ""),
        (Outcome.ADMIT, None, ""),
        (Outcome.WAITLIST, 1, ""),
        (Outcome.WAITLIST, 2, ""),
    ]


def test_save_choices_counts_the_off_rank_ones_without_a_reason(db):
    batch = committee.reviewed_batch()
    one, two, three, *_ = entries(batch)

    assert choose(batch, admit(two), admit(three), Choice(one.id, Outcome.REFUSE)) == 2
    assert choose(batch, admit(three, "Only one in its region."), Choice(one.id, Outcome.REFUSE, None, "Moved.")) == 0


def test_save_choices_from_an_old_page_is_a_conflict_and_changes_nothing(db):
    batch = committee.reviewed_batch()
    one, two, *_ = entries(batch)
    seen = committee.version(batch)
    choose(batch, admit(one))

    with pytest.raises(Conflict, match="Somebody else saved"):
        selection.save_choices(actor=make.actor(make.manager()), code=batch.code, choices=[admit(two)], version=seen)

    assert stored(db, batch) == [(Outcome.ADMIT, None, "")]


def test_save_choices_refuses_strangers_unknown_applications_and_other_states(db):
    batch = committee.reviewed_batch()
    other = committee.reviewed_batch()
    manager = make.actor(make.manager())

    with pytest.raises(NotFound):
        choose(batch, admit(entries(other)[0]))
    with pytest.raises(NotFound):
        selection.save_choices(actor=manager, code="none", choices=[], version="")
    with pytest.raises(NotAllowed):
        selection.save_choices(actor=make.actor(make.user()), code=batch.code, choices=[], version="")
    with pytest.raises(Conflict, match="not in review"):
        selection.save_choices(actor=manager, code=make.batch().code, choices=[], version="")
    with pytest.raises(RuleViolation, match="position 1"):
        choose(batch, wait(entries(batch)[0], 1), wait(entries(batch)[1], 1))
    assert stored(db, batch) == []


def test_propose_fills_the_places_and_the_waitlist_instead_of_what_was(db):
    batch = committee.reviewed_batch(applications=5)
    choose(batch, admit(entries(batch)[4], "A bet."))

    given = selection.propose_from_ranking(
        actor=make.actor(make.manager()), code=batch.code, version=committee.version(batch)
    )

    assert given == 2
    assert [(outcome, place) for outcome, place, _ in stored(db, batch)] == [
        (Outcome.ADMIT, None),
        (Outcome.ADMIT, None),
        (Outcome.WAITLIST, 1),
        (Outcome.WAITLIST, 2),
        (Outcome.WAITLIST, 3),
    ]


def test_propose_without_a_ranking_is_refused(db):
    batch = committee.reviewed_batch(ranked=False)

    with pytest.raises(RuleViolation, match="no ranking"):
        selection.propose_from_ranking(
            actor=make.actor(make.manager()), code=batch.code, version=committee.version(batch)
        )


def test_confirm_decides_everyone_drafts_offers_and_letters_and_freezes(db):
    batch = committee.reviewed_batch(applications=5)
    one, two, three, *_ = entries(batch)
    choose(batch, admit(one), admit(two), wait(three))

    assert confirm(batch) == 2

    db.refresh(batch)
    assert (batch.state, batch.places_taken) == (BatchState.DECIDED, 2)
    assert [entry.state for entry in entries(batch)] == [
        ApplicationState.ADMITTED,
        ApplicationState.ADMITTED,
        ApplicationState.WAITLISTED,
        ApplicationState.REFUSED,
        ApplicationState.REFUSED,
    ]
    assert db.scalars(select(Offer.state)).all() == [OfferState.DRAFT] * 2
    drafts = db.execute(select(Letter.kind, Letter.about, Letter.state).order_by(Letter.id)).all()
    assert [(row.kind, row.state) for row in drafts] == [
        ("offer", LetterState.DRAFT),
        ("offer", LetterState.DRAFT),
        ("waitlisted", LetterState.DRAFT),
        ("not_selected", LetterState.DRAFT),
        ("not_selected", LetterState.DRAFT),
    ]
    document = json.loads(db.scalars(select(SelectionSnapshot.document)).one())
    assert [line[:4] for line in document["decisions"]][:3] == [
        [one.id, "admit", None, 1],
        [two.id, "admit", None, 2],
        [three.id, "waitlist", 1, 3],
    ]
    assert selection.verify(code=batch.code) == []


def test_confirm_twice_with_one_key_is_one_act(db):
    batch = committee.reviewed_batch()
    choose(batch, admit(entries(batch)[0]))
    manager, seen = make.actor(make.manager()), committee.version(batch)

    first = confirm(batch, actor=manager, version=seen, request_key="k")
    second = confirm(batch, actor=manager, version=seen, request_key="k")

    assert (first, second) == (1, 1)
    assert len(db.scalars(select(Offer)).all()) == 1


def refused_confirmations():
    def nobody(batch, one, two, three):
        pass

    def too_many(batch, one, two, three):
        choose(batch, admit(one), admit(two), admit(three))

    def reason_owed(batch, one, two, three):
        choose(batch, admit(two))

    def stale(batch, one, two, three):
        choose(batch, admit(one))
        with transaction():
            rankings.note_reviews_changed(batch.id)

    def withdrawn(batch, one, two, three):
        choose(batch, admit(two))
        one.state = ApplicationState.WITHDRAWN
        make.db.session.commit()

    yield nobody, {}, "No startup is admitted yet"
    yield too_many, {}, "3 are admitted for 2 places"
    yield reason_owed, {}, "2 off-rank choices still need a reason"
    yield stale, {}, "Compute it again first"
    yield withdrawn, {}, "Compute it again first"
    yield (lambda batch, one, two, three: choose(batch, admit(one))), {"typed_places": 2}, "Type the number of places"
    yield (
        lambda batch, one, two, three: choose(batch, admit(one)),
        {"respond_by": clock.now()},
        "at least a day",
    )


@pytest.mark.parametrize(("prepare", "changes", "reason"), list(refused_confirmations()))
def test_confirm_refused_leaves_nothing_behind(db, prepare, changes, reason):
    batch = committee.reviewed_batch()
    prepare(batch, *entries(batch)[:3])
    before = stored(db, batch)

    with pytest.raises(RuleViolation, match=reason):
        confirm(batch, **changes)

    db.refresh(batch)
    assert (batch.state, batch.places_taken) == (BatchState.REVIEWING, 0)
    assert stored(db, batch) == before
    assert db.scalars(select(Offer)).all() == db.scalars(select(Letter)).all() == []


def test_confirm_after_somebody_saved_is_a_conflict(db):
    batch = committee.reviewed_batch()
    choose(batch, admit(entries(batch)[0]))
    seen = committee.version(batch)
    choose(batch, admit(entries(batch)[1]))

    with pytest.raises(Conflict):
        confirm(batch, version=seen)


def test_a_decided_batch_takes_no_more_choices(db):
    batch = committee.decided_batch()

    with pytest.raises(Conflict, match="final"):
        choose(batch, admit(entries(batch)[4]))
    with pytest.raises(Conflict, match="final"):
        confirm(batch)


def test_startups_without_people_get_a_decision_and_no_letter(db):
    batch = committee.reviewed_batch(applications=1)
    alone = make.application(of=batch, by=make.startup(), state=ApplicationState.ADMISSIBLE)
    choose(batch, admit(entries(batch)[0]))

    confirm(batch)

    db.refresh(alone)
    assert alone.state is ApplicationState.REFUSED
    assert db.scalars(select(Letter.kind)).all() == ["offer"]


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE review SET overall = 1 WHERE id = 1", "the stored reviews are not those of the document"),
        ("UPDATE decision SET reason = 'x'", "the stored decisions are not those of the document"),
        ("UPDATE selection_snapshot SET document = replace(document, 'admit', 'adxit')", "SHA-256"),
    ],
)
def test_verify_finds_what_was_changed_behind_the_programme(db, statement, finding):
    batch = committee.decided_batch()
    db.execute(text("DROP TRIGGER selection_snapshot_refuses_update"))
    db.execute(text(statement))
    db.commit()

    assert finding in selection.verify(code=batch.code)[0]


def rewritten(db, batch, change) -> None:
    """Put another document, with its own SHA-256, in the place of the frozen one."""
    document = json.loads(db.scalars(select(SelectionSnapshot.document)).one())
    change(document)
    text_ = rules.canonical(document)
    db.execute(text("DROP TRIGGER selection_snapshot_refuses_update"))
    db.execute(update(SelectionSnapshot).values(document=text_, sha256=rules.fingerprint(text_)))
    db.commit()


def test_the_frozen_document_holds_how_sure_the_ranking_was(db):
    committee.decided_batch()

    document = json.loads(db.scalars(select(SelectionSnapshot.document)).one())

    assert (document["version"], document["places"], document["variants"]) == (2, 2, 8)
    assert (document["methods"]["seed"], document["methods"]["draws"]) == (2024, 4000)
    first = dict(zip(rules.FROZEN_COLUMNS, document["ranking"][0], strict=True))
    assert (first["rank"], first["rank_low"], first["rank_high"], first["chance"], first["survives"]) == (
        1,
        1,
        1,
        1.0,
        8,
    )


def test_verify_finds_a_chance_that_does_not_follow_from_the_scores(db):
    batch = committee.decided_batch()

    def change(document):
        document["ranking"][2][rules.FROZEN_COLUMNS.index("chance")] = 0.77

    rewritten(db, batch, change)

    assert "chance 0.77 is recomputed as" in selection.verify(code=batch.code)[0]


def test_verify_holds_for_a_document_of_version_one(db):
    batch = committee.decided_batch()

    def change(document):
        document["version"] = 1
        document["ranking"] = [line[:4] for line in document["ranking"]]
        for name in ("methods", "variants"):
            del document[name]

    rewritten(db, batch, change)

    assert selection.verify(code=batch.code) == []


def test_confirm_is_refused_when_a_stored_chance_does_not_follow_from_the_reviews(db):
    batch = committee.reviewed_batch()
    choose(batch, *(admit(entry) for entry in entries(batch)[:2]))
    db.execute(text("UPDATE standing SET chance = 0.5 WHERE rank = 1"))
    db.commit()

    with pytest.raises(RuleViolation, match="Reviews changed after"):
        confirm(batch)

    db.refresh(batch)
    assert batch.state is BatchState.REVIEWING
    assert db.scalars(select(SelectionSnapshot)).all() == []


def test_confirm_is_refused_after_the_places_changed(db):
    batch = committee.reviewed_batch()
    choose(batch, *(admit(entry) for entry in entries(batch)[:2]))
    batch.places = 3
    db.commit()

    with pytest.raises(RuleViolation, match="Reviews changed after"):
        confirm(batch)


def test_verify_holds_when_somebody_on_the_waitlist_withdraws(db):
    batch = committee.decided_batch()
    entries(batch)[3].state = ApplicationState.WITHDRAWN
    db.commit()

    assert selection.verify(code=batch.code) == []


def test_verify_of_an_undecided_batch_is_not_found(db):
    with pytest.raises(NotFound):
        selection.verify(code=committee.reviewed_batch().code)


def test_doubts_name_what_is_missing(db):
    batch = committee.reviewed_batch(applications=3, reviews_per_application=3)
    make.application(of=batch)  # submitted, not screened
    lonely = make.application(of=batch, by=make.startup(name="Lonely"), state=ApplicationState.ADMISSIBLE)
    choose(batch, admit(entries(batch)[0]), wait(lonely, None, "Promised."))
    prepared = queries.prepared(batch.id)
    reviewer = db.scalars(select(Assignment.reviewer_user_id)).first()
    db.add(
        ConflictOfInterest(
            reviewer_user_id=reviewer,
            startup_id=entries(batch)[0].startup_id,
            ground="Shares a board",
            source="declared",
            declared_at=clock.now() - timedelta(days=1),
        )
    )
    db.commit()

    doubts = queries.doubts(batch.id, 3, [*prepared.admitted, *prepared.waitlist])

    assert (doubts.unscreened, doubts.short_of_reviews, doubts.without_addressee) == (1, 1, 1)
    assert (doubts.chosen_short_of_reviews, doubts.conflicted) == (["Lonely"], ["Rank 1"])
