"""The intake, the dossier, the startups: what is listed, in which order, for how many statements."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, Sector
from accelerator.kernel.errors import NotFound
from accelerator.models.counter import Reached
from accelerator.queries import batches, dossiers, intake, outbox, people, startup_files
from accelerator.queries.intake import IntakeFilter
from accelerator.queries.startup_files import StartupFilter
from tests import make
from tests.conftest import at
from tests.statements import counted


def names(page) -> list[str]:
    return [row.startup for row in page.rows]


def filled():
    """A batch with five applications of each a different kind, in the order of their names."""
    now = at("2026-03-01T09:00Z")
    batch = make.batch()
    for minutes, (name, state, columns) in enumerate(
        [
            ("Anis", ApplicationState.SUBMITTED, {"region_code": "11", "sector": Sector.HEALTH}),
            ("Badiane", ApplicationState.ADMISSIBLE, {"siren": "732829320"}),
            ("Cumin", ApplicationState.INADMISSIBLE, {"name": "Cumin 100% _bio_"}),
            ("Draft", ApplicationState.DRAFT, {}),
            ("Élixir", ApplicationState.WITHDRAWN, {}),
        ]
    ):
        make.application(
            of=batch,
            by=make.startup(**{"name": name, **columns}),
            state=state,
            submitted_at=None if state is ApplicationState.DRAFT else now + timedelta(minutes=minutes),
            screened_at=now if state in (ApplicationState.ADMISSIBLE, ApplicationState.INADMISSIBLE) else None,
        )
    make.application(by=make.startup(name="Elsewhere"))
    return batch


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (IntakeFilter(), ["Anis", "Badiane", "Cumin 100% _bio_", "Élixir"]),
        (IntakeFilter(state=ApplicationState.ADMISSIBLE), ["Badiane"]),
        (IntakeFilter(region_code="11"), ["Anis"]),
        (IntakeFilter(sector=Sector.HEALTH), ["Anis"]),
        (IntakeFilter(screened=True), ["Badiane", "Cumin 100% _bio_"]),
        (IntakeFilter(screened=False), ["Anis"]),
        (IntakeFilter(search="adia"), ["Badiane"]),
        (IntakeFilter(search="élix"), ["Élixir"]),
        (IntakeFilter(search="100%"), ["Cumin 100% _bio_"]),
        (IntakeFilter(search="_"), ["Cumin 100% _bio_"]),
        (IntakeFilter(search="732 829"), ["Badiane"]),
        (IntakeFilter(search="'; DROP TABLE application; --"), []),
    ],
)
def test_intake_lists_what_is_asked_and_counts_it(db, wanted, found):
    batch = filled()

    page = intake.intake(batch.id, wanted, 1)

    assert names(page) == found
    assert page.total == len(found)
    assert page.submitted == 4
    assert page.counts[ApplicationState.DRAFT] == 1
    assert [row.startup for row in intake.export(batch.id, wanted)] == found


def test_intake_costs_three_statements_however_many_rows(db):
    batch = make.batch()
    for wanted, statements in ((IntakeFilter(), 2), (IntakeFilter(search="Startup"), 3)):
        for rows in (1, 3):
            while intake.intake(batch.id, IntakeFilter(), 1).total < rows:
                make.application(of=batch)
            with counted() as sent:
                intake.intake(batch.id, wanted, 1)
            assert len(sent) == statements


def test_intake_goes_page_by_page(db, monkeypatch):
    monkeypatch.setattr(intake, "ROWS_A_PAGE", 2)
    batch = make.batch()
    made = [make.application(of=batch).id for _ in range(5)]

    pages = [intake.intake(batch.id, IntakeFilter(), number) for number in (1, 2, 3, 4)]

    assert [row.id for page in pages for row in page.rows] == made
    assert {page.pages for page in pages} == {3}


def test_dossier_of_a_draft_is_not_there(db):
    draft = make.application(state=ApplicationState.DRAFT)

    with pytest.raises(NotFound):
        dossiers.dossier(draft.id)


def test_dossier_shows_answers_in_order_and_choices_by_name(db):
    batch = make.batch()
    second = make.question(batch, step=3, position=1, label_en="Second?")
    first = make.question(
        batch, step=2, position=9, label_en="First?", choices=[{"value": "a", "fr": "Un", "en": "One"}]
    )
    application = make.application(of=batch)
    make.answer(application, first, "a")

    found = dossiers.dossier(application.id)

    assert [(one.label.en, one.text, one.choice.en if one.choice else None) for one in found.answers] == [
        ("First?", "a", "One"),
        ("Second?", "", None),
    ]
    assert second.step == 3


def test_dossier_finds_the_same_company_by_name_and_by_website(db):
    mine = make.startup(name="Mistral IA", website="https://www.mistral.example/a")
    same_name = make.startup(name="MISTRAL IA SAS")
    same_site = make.startup(name="Autre", website="mistral.example")
    make.startup(name="Mistrali", website="https://notmistral.example")

    found = dossiers.dossier(make.application(by=mine).id).lookalikes

    assert [(one.id, one.shares_name, one.shares_website) for one in found] == [
        (same_site.id, False, True),
        (same_name.id, True, False),
    ]


def test_dossier_lists_the_other_applications_without_drafts(db):
    startup = make.startup()
    earlier = make.application(by=startup, state=ApplicationState.REFUSED)
    make.application(by=startup, state=ApplicationState.DRAFT)

    found = dossiers.dossier(make.application(by=startup).id)

    assert [one.id for one in found.others] == [earlier.id]


def test_neighbours_follow_the_order_of_submission(db):
    now = at("2026-03-01T09:00Z")
    batch = make.batch()
    late = make.application(of=batch, submitted_at=now + timedelta(hours=1))
    tie_one, tie_two = (make.application(of=batch, submitted_at=now) for _ in range(2))
    make.application(of=batch, state=ApplicationState.DRAFT)

    around = dossiers.neighbours(batch.id, tie_two.id, tie_two.submitted_at)

    assert (around.previous_id, around.next_id, around.next_to_screen_id) == (tie_one.id, late.id, late.id)


def test_startups_are_searched_and_counted(db):
    make.counter_definition()
    counted_one = make.startup(name="Anis", region_code="11")
    make.startup(name="Badiane")
    db.add(Reached(startup_id=counted_one.id, region_code="11", counted_on=date(2026, 1, 5), definition_version=1))
    db.commit()
    make.application(by=counted_one)
    make.application(by=counted_one, state=ApplicationState.DRAFT)

    everything = startup_files.startups(StartupFilter(), 1)

    assert [(row.name, row.applications, row.counted_on) for row in everything.rows] == [
        ("Anis", 1, date(2026, 1, 5)),
        ("Badiane", 0, None),
    ]
    for wanted, found in (
        (StartupFilter(counted=True), ["Anis"]),
        (StartupFilter(counted=False), ["Badiane"]),
        (StartupFilter(region_code="11"), ["Anis"]),
        (StartupFilter(search="bad"), ["Badiane"]),
    ):
        page = startup_files.startups(wanted, 1)
        assert ([row.name for row in page.rows], page.total) == (found, 1)


def test_startup_file_tells_everything_in_order(db):
    at("2026-03-01T09:00Z")
    startup = make.startup(name="Anis")
    clock.fix(clock.now() + timedelta(days=1))
    application = make.application(by=startup)

    lines = startup_files.startup_file(startup.id).timeline

    assert [(line.kind, line.application_id) for line in lines] == [
        ("Application submitted", application.id),
        ("Startup", None),
    ]


def test_lists_cost_the_same_with_one_row_and_with_three(db):
    now = clock.now()
    costs: list[list[int]] = []
    for _ in range(2):
        batch = make.batch()
        make.application(of=batch)
        make.manager()
        make.application(of=batch)
        cost = []
        for read in (
            lambda: batches.at_work(now),
            lambda: batches.batches(now),
            lambda: startup_files.startups(StartupFilter(), 1),
            lambda: people.people(role=None, search="", page=1),
            lambda: outbox.outbox(state=None, search="", page=1),
        ):
            with counted() as sent:
                read()
            cost.append(len(sent))
        costs.append(cost)

    assert costs[0] == costs[1] == [5, 1, 2, 3, 4]
