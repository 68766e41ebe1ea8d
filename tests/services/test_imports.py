"""A programme that lives in spreadsheets moves in: counted, twice the same, a dry run leaves nothing."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import func, select

from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState, OfferState, QuestionKind, Role
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.models.accounts import User
from accelerator.models.applications import Answer, Application
from accelerator.models.audit import AuditEntry
from accelerator.models.counter import Reached
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, BatchReviewer, Review, Score
from accelerator.models.selection import Offer
from accelerator.models.startups import Startup
from accelerator.services import imports
from tests import make
from tests.conftest import at


def table(*rows: dict[str, object]) -> bytes:
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def counts(report: imports.Report) -> tuple[int, int, int, int]:
    return report.imported, report.merged, report.unchanged, len(report.refused)


def stored(db, model) -> int:
    return db.scalar(select(func.count()).select_from(model))


def one(**values: object) -> dict[str, object]:
    return {"siren": make.siren(), "name": "Lumeo", "postcode": "69003", **values}


def test_startups_come_in_once(db):
    content = table(one(name="Lumeo"), one(name="Korali"))

    first = imports.import_startups(actor=SYSTEM, content=content)
    second = imports.import_startups(actor=SYSTEM, content=content)

    assert (counts(first), counts(second)) == ((2, 0, 0, 0), (0, 0, 2, 0))
    assert stored(db, Startup) == 2
    assert db.scalars(select(AuditEntry.verb)).all() == ["imported a table"]


def test_a_known_startup_keeps_what_it_has_and_gains_what_it_lacks(db):
    known = make.startup(city=None, website="https://ours.example.org")

    report = imports.import_startups(
        actor=SYSTEM,
        content=table(one(siren=known.siren, name="Another name", city="Lyon", website="theirs.example.org")),
    )

    assert counts(report) == (0, 1, 0, 0)
    db.expire_all()
    assert (known.city, known.website, known.version) == ("Lyon", "https://ours.example.org", 2)
    assert known.name != "Another name"


def test_two_rows_of_one_company_are_one_startup(db):
    siren = make.siren()

    report = imports.import_startups(
        actor=SYSTEM, content=table(one(siren=siren), one(siren=siren, city="Lyon"), one(siren=siren, city="Paris"))
    )

    assert counts(report) == (1, 1, 1, 0)
    assert db.scalars(select(Startup.city)).all() == ["Lyon"]


def test_a_startup_without_a_number_is_known_by_name_and_department(db):
    content = table(
        one(siren="", name="Étinelle SAS"),
        one(siren="", name="ETINELLE"),
        one(siren="", postcode="35000", name="Etinelle"),
    )

    report = imports.import_startups(actor=SYSTEM, content=content)
    again = imports.import_startups(actor=SYSTEM, content=content)

    assert (counts(report), counts(again)) == ((2, 0, 1, 0), (0, 0, 3, 0))


def test_bad_rows_are_listed_by_line_and_the_good_ones_kept(db):
    content = table(one(siren="732829321"), one(), one(siren="", postcode=""))

    report = imports.import_startups(actor=SYSTEM, content=content)

    assert counts(report) == (1, 0, 0, 2)
    assert [line.line for line in report.refused] == [2, 4]
    assert stored(db, Startup) == 1


@pytest.mark.parametrize("how", [{"dry_run": True}, {"strict": True}])
def test_a_dry_run_and_a_strict_one_with_a_bad_row_store_nothing(db, how):
    content = table(one(), one(postcode="99999"))

    report = imports.import_startups(actor=SYSTEM, content=content, **how)

    assert counts(report) == (1, 0, 0, 1)
    assert not report.is_stored
    assert (stored(db, Startup), stored(db, AuditEntry)) == (0, 0)


def test_a_strict_run_of_good_rows_is_stored(db):
    report = imports.import_startups(actor=SYSTEM, content=table(one()), strict=True)

    assert report.is_stored
    assert stored(db, Startup) == 1


def test_a_file_without_names_is_refused_and_a_founder_imports_nothing(db):
    ada = make.actor(make.user(Role.FOUNDER))

    with pytest.raises(RuleViolation, match="The header names no column for name"):
        imports.import_startups(actor=SYSTEM, content=b"siren\n732829320\n")
    with pytest.raises(NotAllowed):
        imports.import_startups(actor=ada, content=table(one()))

    assert stored(db, Startup) == 0


@pytest.mark.shared
def test_the_dirty_register_extract_is_imported_once(db, shared):
    content = (shared / "companies" / "companies-siren.csv").read_bytes()

    dry = imports.import_startups(actor=SYSTEM, content=content, dry_run=True)
    first = imports.import_startups(actor=SYSTEM, content=content)
    second = imports.import_startups(actor=SYSTEM, content=content)
    rest = imports.import_startups(actor=SYSTEM, content=content, default_region="11")

    assert [counts(report) for report in (dry, first, second, rest)] == [
        (1800, 0, 0, 0),
        (1800, 0, 0, 0),
        (0, 0, 1800, 0),
        (0, 1087, 713, 0),  # the rows that say nothing of the place have one now
    ]
    assert stored(db, Startup) == 1800
    assert [line.text for line in first.notes if line.line == 2] == [
        "leading zero restored: 06220119900031",
        "postcode read as 84200",
        "“45.2R” left out: not an activity code",
    ]


def of_batch(db, **columns):
    batch = make.batch(**columns)
    make.question(batch, code="problem")
    make.question(batch, code="available", kind=QuestionKind.YES_NO, max_words=None)
    return batch


def entry(**values: object) -> dict[str, object]:
    return one(**{"submitted_at": "2026-03-01 10:00", "problem": "Paper.", "available": "oui", **values})


def test_applications_come_in_with_their_answers_and_receipts_once(db):
    at("2026-04-01T09:00Z")
    batch = of_batch(db)
    known = make.startup()
    content = table(entry(siren=known.siren, name="", postcode=""), entry(name="Korali", state="admissible"))

    first = imports.import_applications(actor=SYSTEM, content=content, batch_code=batch.code)
    second = imports.import_applications(actor=SYSTEM, content=content, batch_code=batch.code)

    assert (counts(first), counts(second)) == ((2, 0, 0, 0), (0, 0, 2, 0))
    rows = db.scalars(select(Application).order_by(Application.id)).all()
    assert [row.state for row in rows] == [ApplicationState.SUBMITTED, ApplicationState.ADMISSIBLE]
    assert all(row.receipt for row in rows)
    assert rows[0].startup_id == known.id
    assert sorted(db.scalars(select(Answer.text))) == ["Paper.", "Paper.", "yes", "yes"]


def test_a_known_application_gains_missing_answers_only(db):
    at("2026-04-01T09:00Z")
    batch = of_batch(db)
    row = entry(problem="")
    imports.import_applications(actor=SYSTEM, content=table(row), batch_code=batch.code)

    report = imports.import_applications(
        actor=SYSTEM,
        content=table({**row, "problem": "Late.", "available": "no", "state": "withdrawn"}),
        batch_code=batch.code,
    )

    assert counts(report) == (0, 1, 0, 0)
    assert sorted(db.scalars(select(Answer.text))) == ["Late.", "yes"]
    assert db.scalars(select(Application.state)).all() == [ApplicationState.SUBMITTED]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"submitted_at": ""}, "no date and time of submission"),
        ({"submitted_at": "2099-01-01"}, "submitted in the future"),
        ({"state": "gone"}, "“gone” is not a state"),
        ({"state": "admitted"}, "the batch is not decided"),
        ({"available": "perhaps"}, "available: “perhaps”"),
        ({"name": ""}, "no name"),
        ({"problem": "x" * 12_001}, "At most 12000 characters"),
    ],
)
def test_applications_that_cannot_be_are_refused_and_leave_nothing(db, change, sentence):
    at("2026-04-01T09:00Z")
    batch = of_batch(db)

    report = imports.import_applications(actor=SYSTEM, content=table({**entry(), **change}), batch_code=batch.code)

    assert counts(report) == (0, 0, 0, 1)
    assert sentence in report.refused[0].text
    assert (stored(db, Application), stored(db, Answer)) == (0, 0)


def test_the_cohort_of_a_decided_batch_moves_in_and_counts(db):
    at("2026-04-01T09:00Z")
    make.counter_definition()
    batch = of_batch(db, state=BatchState.DECIDED, places=1)
    content = table(
        entry(state="admitted"), entry(name="Korali", state="admitted"), entry(name="Savor", state="refused")
    )

    report = imports.import_applications(actor=SYSTEM, content=content, batch_code=batch.code)

    assert counts(report) == (2, 0, 0, 1)
    assert report.refused[0].text == "all 1 places are taken"
    assert db.scalars(select(Offer.state)).all() == [OfferState.ACCEPTED]
    assert db.scalar(select(Batch.places_taken)) == 1
    assert stored(db, Reached) == 1


def test_an_unknown_batch_is_not_found(db):
    with pytest.raises(NotFound, match="There is no batch “X”"):
        imports.import_applications(actor=SYSTEM, content=table(entry()), batch_code="X")
    with pytest.raises(NotFound, match="There is no batch “X”"):
        imports.import_reviews(actor=SYSTEM, content=b"a\n1\n", batch_code="X")


def to_review(**columns):
    batch = make.batch(state=BatchState.REVIEWING, rubric_id=make.rubric("2", "1").id)
    return batch, make.application(of=batch, state=ApplicationState.ADMISSIBLE, **columns)


def opinion(application: Application, **values: object) -> dict[str, object]:
    return {
        "application": application.receipt,
        "reviewer": "Eve@exemple.fr",
        "c1": 4,
        "c2": "1.0",
        "comment": "Good",
        **values,
    }


def test_reviews_come_in_once_with_their_reviewer_and_the_counters(db):
    batch, application = to_review()
    content = table(opinion(application), opinion(application, reviewer="ada@exemple.fr", reviewer_name="Ada"))

    first = imports.import_reviews(actor=SYSTEM, content=content, batch_code=batch.code)
    second = imports.import_reviews(actor=SYSTEM, content=content, batch_code=batch.code)

    assert (counts(first), counts(second)) == ((2, 0, 0, 0), (0, 0, 2, 0))
    db.expire_all()
    assert (application.reviews, application.assigned) == (2, 2)
    assert [str(review.overall) for review in db.scalars(select(Review))] == ["3.00", "3.00"]
    assert sorted(db.scalars(select(User.name))) == ["Ada", "eve"]
    assert db.scalars(select(BatchReviewer.capacity)).all() == [1, 1]


def test_a_review_fulfils_the_duty_that_was_open(db):
    batch, application = to_review()
    eve = make.user(Role.REVIEWER, email="eve@exemple.fr")
    make.assignment(of=application, reviewer=eve)

    report = imports.import_reviews(actor=SYSTEM, content=table(opinion(application)), batch_code=batch.code)

    assert counts(report) == (1, 0, 0, 0)
    db.expire_all()
    assert (application.reviews, application.assigned) == (1, 1)
    assert db.scalars(select(Assignment.state)).all() == [AssignmentState.REVIEWED]


def test_another_opinion_of_the_same_reviewer_is_refused(db):
    batch, application = to_review()
    imports.import_reviews(actor=SYSTEM, content=table(opinion(application)), batch_code=batch.code)

    report = imports.import_reviews(actor=SYSTEM, content=table(opinion(application, c1=5)), batch_code=batch.code)

    assert report.refused[0].text == "this reviewer has already given another review of this application"
    assert sorted(db.scalars(select(Score.points))) == [1, 4]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"c1": 6}, "Points go from 1 to 5."),
        ({"c1": ""}, "c1: no points"),
        ({"c1": "2.5"}, "is not a whole number"),
        ({"application": "R-999999"}, "“R-999999” is no application of this batch"),
        ({"application": "732829320"}, "“732829320” is no application of this batch"),
        ({"reviewer": "nobody"}, "no e-mail address of the reviewer"),
        ({"submitted_at": "2099-01-01"}, "submitted in the future"),
    ],
)
def test_reviews_that_cannot_be_are_refused_and_leave_nothing(db, change, sentence):
    batch, application = to_review()

    report = imports.import_reviews(
        actor=SYSTEM, content=table({**opinion(application), **change}), batch_code=batch.code, strict=True
    )

    assert counts(report) == (0, 0, 0, 1)
    assert sentence in report.refused[0].text
    assert (stored(db, Review), stored(db, Assignment), stored(db, User)) == (0, 0, 0)


def test_a_missing_criterion_refuses_the_file(db):
    batch, application = to_review()

    with pytest.raises(RuleViolation, match="The header names no column for c2"):
        imports.import_reviews(
            actor=SYSTEM, content=table({"siren": "1", "reviewer": "e@x.fr", "c1": 1}), batch_code=batch.code
        )
