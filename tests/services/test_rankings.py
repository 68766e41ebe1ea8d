"""The stored ranking: computed, replaced, stale, frozen."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from accelerator.kernel.enums import ApplicationState, BatchState
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound
from accelerator.models.audit import AuditEntry
from accelerator.models.selection import RankingRun, Standing
from accelerator.queries import rankings as queries
from accelerator.services import rankings
from accelerator.services.transaction import transaction
from tests import committee, make
from tests.conftest import at


def names(db, batch) -> list[str]:
    standings = db.execute(
        select(Standing.application_id).where(Standing.batch_id == batch.id).order_by(Standing.rank)
    ).scalars()
    known = queries.names_of([entry.id for entry in committee.entries(batch)])
    return [known[one] for one in standings]


def test_compute_ranking_stores_every_reviewed_application_in_order(db):
    batch = committee.reviewed_batch(applications=5)

    assert names(db, batch) == ["Rank 1", "Rank 2", "Rank 3", "Rank 4", "Rank 5"]
    run = db.get(RankingRun, batch.id)
    assert (run.applications, run.reviews_seen, run.reviews_changed_at) == (5, 15, None)
    first = db.scalars(select(Standing).where(Standing.rank == 1)).one()
    assert (first.reviews, round(first.mean, 2), first.median) == (3, 5.0, 4.95)
    assert first.spread > 0


def test_compute_ranking_stores_how_sure_it_is(db):
    batch = committee.reviewed_batch(applications=5)

    run = queries.find_run(batch.id)
    assert (run.places, run.variants, run.draws, run.seed) == (2, 8, 4000, 2024)
    rows = db.execute(
        select(Standing.rank_low, Standing.rank_high, Standing.chance, Standing.survives, Standing.otherwise)
        .where(Standing.batch_id == batch.id)
        .order_by(Standing.rank)
    ).all()
    assert [tuple(row) for row in rows] == [
        (1, 1, 1.0, 8, ""),
        (2, 2, 1.0, 8, ""),
        (3, 3, 0.0, 0, ""),
        (4, 4, 0.0, 0, ""),
        (5, 5, 0.0, 0, ""),
    ]


def test_compute_ranking_advises_where_reviews_would_help(db):
    batch = committee.reviewed_batch(applications=4, ranked=False)
    new = make.application(of=batch, by=make.startup(), state=ApplicationState.ADMISSIBLE)

    rankings.compute_ranking(actor=make.actor(make.manager()), code=batch.code)

    advised = queries.find_run(batch.id).next_reviews
    assert {application_id for application_id, _gain in advised} == {new.id}
    assert len(advised) == 3  # no more than there are reviewers


def test_another_number_of_places_makes_the_ranking_stale_until_it_is_computed(db):
    batch = committee.reviewed_batch()
    batch.places = 3
    db.commit()
    assert queries.find_run(batch.id).is_stale

    assert rankings.compute_stale_rankings() == 1

    assert (queries.find_run(batch.id).is_stale, queries.find_run(batch.id).places) == (False, 3)


def test_a_ranking_from_before_chances_is_stale_unless_its_batch_is_decided(db):
    undecided, decided = committee.reviewed_batch(), committee.decided_batch()
    db.execute(update(RankingRun).values(places=0))
    db.commit()

    assert (queries.find_run(undecided.id).is_stale, queries.find_run(decided.id).is_stale) == (True, False)
    assert rankings.compute_stale_rankings() == 1


def test_compute_ranking_again_replaces_it_and_says_the_same(db):
    batch = committee.reviewed_batch(applications=4)
    before = [tuple(row) for row in db.execute(select(Standing.application_id, Standing.rank, Standing.adjusted))]

    rankings.compute_ranking(actor=make.actor(make.manager()), code=batch.code)

    assert [
        tuple(row) for row in db.execute(select(Standing.application_id, Standing.rank, Standing.adjusted))
    ] == before
    assert db.scalars(select(AuditEntry.verb)).all() == ["computed ranking"] * 2


def test_compute_ranking_leaves_out_whoever_is_not_admissible(db):
    batch = committee.reviewed_batch(applications=3, ranked=False)
    committee.entries(batch)[0].state = ApplicationState.WITHDRAWN
    db.commit()

    rankings.compute_ranking(actor=make.actor(make.manager()), code=batch.code)

    assert names(db, batch) == ["Rank 2", "Rank 3"]


def test_compute_ranking_without_reviews_is_empty(db):
    batch = make.batch(state=BatchState.REVIEWING)

    assert rankings.compute_ranking(actor=make.actor(make.manager()), code=batch.code) == 0
    assert queries.find_run(batch.id).applications == 0


def test_compute_ranking_of_a_decided_batch_is_refused(db):
    batch = committee.decided_batch()

    with pytest.raises(Conflict, match="no longer changes"):
        rankings.compute_ranking(actor=make.actor(make.manager()), code=batch.code)


def test_compute_ranking_is_for_managers_and_known_batches(db):
    with pytest.raises(NotAllowed):
        rankings.compute_ranking(actor=make.actor(make.user()), code="B1")
    with pytest.raises(NotFound):
        rankings.compute_ranking(actor=make.actor(make.manager()), code="none")


def test_a_changed_review_makes_the_ranking_stale_until_the_clock_computes_it(db):
    at("2026-01-01T09:00Z")
    batch = committee.reviewed_batch()
    assert rankings.compute_stale_rankings() == 0
    at("2026-01-01T09:01Z")
    with transaction():
        rankings.note_reviews_changed(batch.id)
    assert queries.find_run(batch.id).is_stale
    at("2026-01-01T09:02Z")

    assert rankings.compute_stale_rankings() == 1

    assert not queries.find_run(batch.id).is_stale
    assert rankings.compute_stale_rankings() == 0


def test_the_clock_computes_a_first_ranking_and_forgets_who_withdrew(db):
    batch = committee.reviewed_batch(ranked=False)
    assert rankings.compute_stale_rankings() == 1
    committee.entries(batch)[0].state = ApplicationState.WITHDRAWN
    db.commit()

    assert rankings.compute_stale_rankings() == 1

    assert "Rank 1" not in names(db, batch)
    assert rankings.compute_stale_rankings() == 0


def test_a_review_that_arrives_while_computing_leaves_the_first_ranking_stale(db, monkeypatch):
    batch = committee.reviewed_batch(ranked=False)
    real = queries.reviews_to_rank
    answers = iter([real(batch.id)[:-1]])
    monkeypatch.setattr(queries, "reviews_to_rank", lambda batch_id: next(answers, None) or real(batch_id))

    rankings.compute_ranking(actor=make.actor(make.manager()), code=batch.code)

    assert queries.find_run(batch.id).is_stale
