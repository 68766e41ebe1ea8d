"""The same credit ledger on PostgreSQL: what the service tests say of SQLite holds there too."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from accelerator.extensions import db as database
from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.errors import RuleViolation
from accelerator.models.credits import CreditGrant, UsageImport, UsageReading, UsageUpload
from accelerator.queries import credits as queries
from accelerator.queries import ledger as ledger_queries
from accelerator.queries import usage as usage_queries
from accelerator.queries.ledger import faults
from accelerator.services.tasks import Progress
from accelerator.services.usage.uploads import read_upload, stop_upload
from tests.services import test_credits as grants
from tests.services import test_usage as imports
from tests.services import test_usage_uploads as uploads

no_files_of_other_tests = uploads.no_files_of_other_tests

pytestmark = pytest.mark.postgres

SAME = [
    grants.test_credits_go_from_the_sponsor_to_the_startup,
    grants.test_more_than_the_pool_has_is_refused_and_leaves_nothing,
    grants.test_the_cohort_gets_its_grants_all_or_none,
    grants.test_unused_credits_go_back_to_the_batch_and_to_the_pool,
    grants.test_a_reversed_grant_leaves_its_trace_and_may_be_made_again,
    grants.test_what_is_unused_expires_the_day_after_the_last,
    imports.test_a_corrected_month_replaces_the_month_and_posts_the_difference,
    imports.test_an_older_file_can_be_brought_back_after_a_newer_one,
    imports.test_late_usage_takes_back_what_had_expired,
    imports.test_another_currency_is_unmatched_and_never_converted,
    imports.test_refused_lines_are_kept_with_number_and_reason,
    imports.test_sums_keep_every_digit,
    uploads.test_a_file_waits_is_read_and_deleted,
    uploads.test_the_same_file_twice_says_so,
    uploads.test_a_stop_before_the_reading_leaves_nothing,
    uploads.test_a_file_refused_whole_lists_its_lines,
]


@pytest.mark.parametrize("story", SAME, ids=lambda story: story.__name__.removeprefix("test_"))
def test_the_same_story_on_postgresql(postgres_db, story):
    story(postgres_db)


def test_fifty_grants_at_once_take_exactly_what_is_left(postgres_app, postgres_db):
    grants.test_fifty_grants_at_once_take_exactly_what_is_left(postgres_app, postgres_db)


def test_the_pages_read_and_the_past_stays(postgres_db):
    imports.test_late_usage_takes_back_what_had_expired(postgres_db)
    grant_id = postgres_db.scalars(select(CreditGrant.id)).one()

    (pool,) = queries.pools()
    assert (pool.granted.minor, pool.used.minor, pool.expired.minor) == (10_000, 8_000, 2_000)
    assert queries.allocation(1).grants == 1
    assert [grantee.grant.id for grantee in queries.grantees(1)] == [grant_id]
    assert len(ledger_queries.postings(pool_id=pool.id)[0]) == 8
    assert len(usage_queries.readings_by_day(queries.grant(grant_id).startup_id)) == 3
    for statement in ("UPDATE ledger_entry SET amount_minor = 0", "DELETE FROM ledger_posting"):
        with pytest.raises(DatabaseError, match="append-only"):
            postgres_db.execute(text(statement))
        postgres_db.rollback()
    assert faults() == []


def test_the_same_file_by_eight_people_at_once_is_read_once(postgres_app, postgres_db):
    failed: list[Exception] = []
    start = threading.Barrier(8)

    def one() -> None:
        with postgres_app.app_context():
            start.wait()
            try:
                imports.bring(imports.line("2026-01-02", "40"), imports.line("2026-01-03", "2"))
            except Exception as error:
                failed.append(error)
            finally:
                database.session.remove()

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert postgres_db.scalar(select(func.count(UsageImport.id))) == 1
    assert postgres_db.scalar(select(func.count(UsageReading.id))) == 2


def test_two_workers_and_a_stop_end_an_upload_once(postgres_app, postgres_db):
    _race_over_one_upload(postgres_app, postgres_db)


def test_two_workers_and_a_stop_end_an_upload_once_on_sqlite(app, db):
    _race_over_one_upload(app, db)


def _race_over_one_upload(app, db) -> None:
    for place in range(5):
        upload_id = uploads.ask(imports.line("2026-01-02", f"{place}.5")).upload_id
        db.rollback()
        ends, failed, start = [], [], threading.Barrier(3)

        def act(call, ends=ends, failed=failed, start=start) -> None:
            with app.app_context():
                start.wait()
                try:
                    ends.append(call())
                except RuleViolation:
                    ends.append("late")
                except Exception as error:
                    failed.append(error)
                finally:
                    database.session.remove()

        read = lambda upload_id=upload_id: read_upload(Progress(upload_id), {"upload_id": upload_id})  # noqa: E731
        stop = lambda upload_id=upload_id: stop_upload(actor=SYSTEM, upload_id=upload_id)  # noqa: E731
        threads = [threading.Thread(target=act, args=(call,)) for call in (read, read, stop)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        db.expire_all()
        row = db.get(UsageUpload, upload_id)
        assert failed == []
        assert (row.stopped_at is None) is (row.finished_at is not None)
        if row.stopped_at is not None:
            assert row.import_id is None
            assert "late" not in ends
        elif row.import_id is not None:
            assert db.scalar(select(func.count(UsageReading.id))) == 1
