"""The register, what startups name, suspicions decided, dossiers that leave a conflicted desk."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from accelerator.kernel.enums import (
    ApplicationState,
    AssignmentState,
    BatchState,
    ConflictSource,
    InterestKind,
    Role,
    SuspicionState,
    TieKind,
)
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.accounts import User
from accelerator.models.audit import AuditEntry
from accelerator.models.interests import Interest, InterestStatement, StartupTie, Suspicion
from accelerator.models.letters import Letter
from accelerator.models.reviewing import Assignment, ConflictOfInterest, ReviewDraft
from accelerator.queries.interests import findings, register
from accelerator.queries.reviewing import planning, studio
from accelerator.rules.assignment.wishes import Wishes
from accelerator.rules.interests import MAX_INTERESTS, MAX_TIES, InterestEntry, TieEntry
from accelerator.services import interests, reviewing, startups
from tests import make
from tests.conftest import at

ALPHA = "732829320"


def fund(name="Fonds Alpha", **others):
    return InterestEntry(InterestKind.FUND, name, **others)


def investor(name="ALPHA S.A.S.", **others):
    return TieEntry(TieKind.SHAREHOLDER, name, **others)


class House:
    """A manager, a batch in review, Ada on its committee, Eve's startup with a dossier on Ada's desk."""

    def __init__(self, state=BatchState.REVIEWING) -> None:
        self.manager = make.manager()
        self.boss = make.actor(self.manager)
        self.ada = make.user(Role.REVIEWER, name="Ada Lovelace")
        self.eve = make.user(name="Eve Martin")
        self.batch = make.batch(state=state)
        make.batch_reviewer(self.batch, self.ada)
        self.startup = make.startup(people=(self.eve,), name="Boréal")
        self.entry = make.application(of=self.batch, by=self.startup, state=ApplicationState.ADMISSIBLE)
        self.batch_id, self.startup_id, self.ada_id = self.batch.id, self.startup.id, self.ada.id
        self.reviewer = make.actor(self.ada)
        self.founder = make.actor(self.eve)

    def duty(self, **columns):
        return make.assignment(of=self.entry, reviewer=self.ada, **columns).id

    def suspected(self):
        """One suspicion: Ada's fund and an investor of the startup bear one name."""
        make.interest(self.ada, InterestKind.FUND, organisation="Fonds Alpha")
        make.tie(self.startup, organisation="ALPHA S.A.S.")
        return self.waiting()[0]

    def waiting(self):
        return findings.board(self.batch_id).waiting

    def decide(self, act, finding, **others):
        return act(
            **{
                "actor": self.boss,
                "batch_id": self.batch_id,
                "reviewer_id": finding.reviewer_id,
                "startup_id": finding.startup_id,
                "evidence": finding.evidence,
                **others,
            }
        )


@pytest.fixture
def house(db):
    return House()


def state_of(db, duty_id):
    db.expire_all()
    return db.get_one(Assignment, duty_id).state


def trail(db):
    return db.scalars(select(AuditEntry.verb).order_by(AuditEntry.id)).all()


# ---- the register ----------------------------------------------------------------------------------------------------


def test_declare_interest_stores_the_number_in_nine_digits_and_counts_as_a_statement(house, db):
    interests.declare_interest(actor=house.reviewer, entry=fund(siren="732 829 320", since_year=2020))

    (row,) = register.interests(house.ada_id)
    assert (row.organisation, row.siren, row.since_year, row.until_year) == ("Fonds Alpha", ALPHA, 2020, None)
    assert register.find_statement(house.ada_id).interests == 1
    assert trail(db)[-1] == "declared an interest"


def test_declare_interest_pressed_twice_is_one(house, db):
    first = interests.declare_interest(actor=house.reviewer, entry=fund(), request_key="k")
    second = interests.declare_interest(actor=house.reviewer, entry=fund(), request_key="k")

    assert first == second
    assert db.scalar(select(func.count()).select_from(Interest)) == 1


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (fund(siren="732829321"), "siren"),
        (fund(""), "organisation"),
        (fund("", siren=ALPHA), "organisation"),
        (InterestEntry(InterestKind.PAST_EMPLOYER, "Orange"), "until_year"),
        (InterestEntry(InterestKind.CLOSE_PERSON, "Orange"), "person"),
        (InterestEntry(InterestKind.CLOSE_PERSON, "", siren=ALPHA, person="Eve Martin"), "organisation"),
        (fund(since_year=1066), "since_year"),
        (fund(until_year=2027), "until_year"),
        (fund(since_year=2020, until_year=2019), "until_year"),
    ],
)
def test_declare_interest_refused_leaves_nothing_behind(house, db, entry, field):
    at("2026-11-25T09:00Z")

    with pytest.raises(RuleViolation) as refusal:
        interests.declare_interest(actor=house.reviewer, entry=entry)

    assert refusal.value.field == field
    assert db.scalars(select(Interest)).all() == []
    assert trail(db) == []


def test_a_register_is_not_endless(house, db):
    for _ in range(MAX_INTERESTS):
        make.interest(house.ada)

    with pytest.raises(RuleViolation, match="at most 100"):
        interests.declare_interest(actor=house.reviewer, entry=fund())


def test_only_reviewers_keep_a_register(house, db):
    for act in (
        lambda: interests.declare_interest(actor=house.founder, entry=fund()),
        lambda: interests.edit_interest(actor=house.founder, interest_id=1, entry=fund()),
        lambda: interests.end_interest(actor=house.founder, interest_id=1),
        lambda: interests.remove_interest(actor=house.founder, interest_id=1),
        lambda: interests.state_register(actor=house.founder, interests_seen=0),
        lambda: interests.confirm_own_suspicion(actor=house.founder, evidence="x"),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_another_s_entry_is_not_found(house, db):
    theirs = make.interest(make.user(Role.REVIEWER)).id

    for act in (
        lambda: interests.edit_interest(actor=house.reviewer, interest_id=theirs, entry=fund()),
        lambda: interests.end_interest(actor=house.reviewer, interest_id=theirs),
        lambda: interests.remove_interest(actor=house.reviewer, interest_id=theirs),
    ):
        with pytest.raises(NotFound):
            act()

    assert db.get_one(Interest, theirs).organisation != "Fonds Alpha"


def test_edit_keeps_in_the_trail_how_it_read(house, db):
    mine = make.interest(house.ada, InterestKind.BOARD, organisation="Alfa").id

    interests.edit_interest(actor=house.reviewer, interest_id=mine, entry=fund())

    assert register.interest(house.ada_id, mine).organisation == "Fonds Alpha"
    detail = db.scalars(select(AuditEntry.detail).where(AuditEntry.verb == "changed an interest")).one()
    assert (detail["before"]["organisation"], detail["after"]["organisation"]) == ("Alfa", "Fonds Alpha")


def test_end_interest_is_this_year_s_and_once(house, db):
    at("2026-11-25T09:00Z")
    mine = make.interest(house.ada).id

    assert interests.end_interest(actor=house.reviewer, interest_id=mine) == 2026
    with pytest.raises(RuleViolation, match="ended already"):
        interests.end_interest(actor=house.reviewer, interest_id=mine)

    assert register.interest(house.ada_id, mine).until_year == 2026


def test_an_old_tie_no_longer_counts(house, db):
    at("2026-11-25T09:00Z")
    for year in (2022, 2023):
        make.interest(house.ada, siren=house.startup.siren, until_year=year, organisation=f"Until {year}")

    grounds = planning.grounds_between(house.ada_id, house.entry.id)

    assert [row.counts for row in register.interests(house.ada_id)] == [True, False]
    assert [("2023" in ground.reason, "2022" in ground.reason) for ground in grounds] == [(True, False)]


def test_remove_interest_gives_the_dossier_back_to_who_may_have_it(house, db):
    duty = house.duty()
    mine = interests.declare_interest(actor=house.reviewer, entry=fund("Boréal", siren=house.startup.siren))
    assert state_of(db, duty) is AssignmentState.CONFLICTED

    interests.remove_interest(actor=house.reviewer, interest_id=mine)

    assert db.scalars(select(ConflictOfInterest)).all() == []
    assert state_of(db, duty) is AssignmentState.DECLINED
    reviewing.give(actor=house.boss, batch_id=house.batch_id, application_id=house.entry.id, to_user_id=house.ada_id)


def test_state_register_is_kept_with_its_date(house, db):
    db.execute(text("DELETE FROM interest_statement"))
    db.commit()
    now = at("2026-11-25T09:00+00:00")
    assert not register.has_stated(house.ada_id)

    interests.state_register(actor=house.reviewer, interests_seen=0)

    assert register.find_statement(house.ada_id) == register.Statement(0, now)
    assert register.has_stated(house.ada_id)


def test_state_register_of_another_page_is_refused(house, db):
    before = db.scalar(select(func.count()).select_from(InterestStatement))

    with pytest.raises(RuleViolation, match="changed since you looked"):
        interests.state_register(actor=house.reviewer, interests_seen=1)

    assert db.scalar(select(func.count()).select_from(InterestStatement)) == before


def test_nothing_is_scored_before_interests_are_stated(house, db):
    duty = house.duty()
    db.execute(text("DELETE FROM interest_statement"))
    db.commit()

    with pytest.raises(RuleViolation, match="Declare your interests first"):
        reviewing.autosave_draft(actor=house.reviewer, assignment_id=duty, scores={}, comment="Hm.")

    assert db.scalars(select(ReviewDraft)).all() == []


# ---- certain conflicts -----------------------------------------------------------------------------------------------


def test_a_certain_conflict_takes_the_dossier_off_the_desk_and_tells_the_manager(house, db):
    duty = house.duty()
    reviewing.autosave_draft(actor=house.reviewer, assignment_id=duty, scores={}, comment="Hm.")

    interests.declare_interest(actor=house.reviewer, entry=fund("Boréal", siren=house.startup.siren))

    conflict = db.scalars(select(ConflictOfInterest)).one()
    assert state_of(db, duty) is AssignmentState.CONFLICTED
    assert (conflict.source, conflict.startup_id) == (ConflictSource.INFERRED, house.startup_id)
    assert "It is this startup." in conflict.ground
    assert db.scalars(select(ReviewDraft)).all() == []
    assert db.get_one(type(house.entry), house.entry.id).assigned == 0
    assert [letter.kind for letter in db.scalars(select(Letter))] == ["conflict_found"]


def test_a_review_that_was_sent_goes_with_it_until_the_batch_is_decided(house, db):
    duty = house.duty()
    criteria = make.criteria(db.get_one(make.Rubric, house.batch.rubric_id))
    reviewing.submit_review(
        actor=house.reviewer, assignment_id=duty, scores={line.id: 3 for line in criteria}, comment=""
    )

    interests.name_tie(actor=house.founder, startup_id=house.startup_id, entry=investor(siren=ALPHA))
    interests.declare_interest(actor=house.reviewer, entry=fund(siren=ALPHA))

    assert state_of(db, duty) is AssignmentState.CONFLICTED
    assert db.get_one(type(house.entry), house.entry.id).reviews == 0


def test_a_decided_batch_keeps_its_review_and_hides_the_dossier(db):
    from accelerator.kernel import clock
    from accelerator.queries.reviewing import desk, dossier

    house = House(BatchState.DECIDED)
    duty = house.duty(state=AssignmentState.REVIEWED)
    assert len(desk.rounds(house.ada_id, clock.now())[0].reviewed) == 1

    interests.declare_interest(actor=house.reviewer, entry=fund("Boréal", siren=house.startup.siren))

    assert state_of(db, duty) is AssignmentState.REVIEWED
    assert desk.rounds(house.ada_id, clock.now()) == []
    with pytest.raises(NotFound):
        dossier.dossier(duty, house.ada_id, clock.now())
    with pytest.raises(NotFound):
        reviewing.open_deck(actor=house.reviewer, assignment_id=duty)


def test_what_a_startup_names_takes_the_dossier_off_too(house, db):
    duty = house.duty()
    make.interest(house.ada, InterestKind.FUND, siren=ALPHA)

    interests.name_tie(actor=house.founder, startup_id=house.startup_id, entry=investor(siren=ALPHA))

    assert state_of(db, duty) is AssignmentState.CONFLICTED


def test_joining_a_startup_takes_its_dossier_off(house, db):
    duty = house.duty()

    startups.add_member(actor=house.founder, startup_id=house.startup_id, email=house.ada.email, name="")

    assert state_of(db, duty) is AssignmentState.CONFLICTED


def test_the_clock_finds_what_came_in_by_another_door(house, db):
    duty = house.duty()
    make.interest(house.ada, siren=house.startup.siren)

    first = interests.step_aside_everywhere()
    second = interests.step_aside_everywhere()

    assert (first, second) == (1, 0)
    assert state_of(db, duty) is AssignmentState.CONFLICTED


def test_certain_conflicts_are_not_planned_and_suspicions_are(house, db):
    house.suspected()
    assert studio.preview(house.batch_id, Wishes(each=1)).conflicts_avoided == 0

    make.interest(house.ada, siren=house.startup.siren)

    preview = studio.preview(house.batch_id, Wishes(each=1))
    assert (preview.conflicts_avoided, preview.plan.pairs) == (1, ())


# ---- suspicions ------------------------------------------------------------------------------------------------------


def test_a_name_is_a_suspicion_and_leaves_the_desk_alone(house, db):
    duty = house.duty()

    finding = house.suspected()

    assert "Only the names agree: “Fonds Alpha”, “ALPHA S.A.S.”." in finding.reason
    assert interests.step_aside_everywhere() == 0
    assert state_of(db, duty) is AssignmentState.OPEN


def test_confirm_suspicion_bars_the_pair_and_clears_the_desk(house, db):
    duty, finding = house.duty(), house.suspected()

    closed = house.decide(interests.confirm_suspicion, finding)

    conflict = db.scalars(select(ConflictOfInterest)).one()
    board = findings.board(house.batch_id)
    assert closed == 1
    assert state_of(db, duty) is AssignmentState.CONFLICTED
    assert (conflict.source, conflict.evidence) == (ConflictSource.REGISTERED, finding.evidence)
    assert board.waiting == ()
    assert [(one.source, one.reason) for one in board.barred] == [(ConflictSource.REGISTERED, finding.reason)]
    assert [one.decided_by for one in board.confirmed] == [house.manager.name]


def test_a_confirmed_conflict_outlives_its_evidence(house, db):
    finding = house.suspected()
    house.decide(interests.confirm_suspicion, finding)

    db.execute(text("DELETE FROM interest"))
    db.commit()

    assert [one.source for one in planning.grounds_between(house.ada_id, house.entry.id)] == [ConflictSource.REGISTERED]


def test_ignore_suspicion_lets_it_rest_until_its_evidence_changes(house, db):
    finding = house.suspected()

    house.decide(interests.ignore_suspicion, finding)
    assert house.waiting() == ()
    assert len(findings.board(house.batch_id).ignored) == 1

    mine = db.scalars(select(Interest.id)).one()
    interests.edit_interest(actor=house.reviewer, interest_id=mine, entry=fund("FONDS ALPHA"))
    assert house.waiting() == ()
    interests.edit_interest(
        actor=house.reviewer, interest_id=mine, entry=InterestEntry(InterestKind.BOARD, "Fonds Alpha")
    )
    assert [one.kind for one in house.waiting()] == [finding.kind]


def test_a_decision_is_taken_once(house, db):
    finding = house.suspected()
    house.decide(interests.ignore_suspicion, finding)

    for act in (interests.ignore_suspicion, interests.confirm_suspicion):
        with pytest.raises(Conflict):
            house.decide(act, finding)

    assert [row.state for row in db.scalars(select(Suspicion))] == [SuspicionState.IGNORED]


def test_a_decision_on_gone_evidence_or_a_stranger_is_refused(house, db):
    finding = house.suspected()

    with pytest.raises(Conflict):
        house.decide(interests.confirm_suspicion, finding, evidence="0" * 32)
    with pytest.raises(NotFound):
        house.decide(interests.confirm_suspicion, finding, reviewer_id=house.eve.id)
    with pytest.raises(NotAllowed):
        house.decide(interests.confirm_suspicion, finding, actor=house.reviewer)
    with pytest.raises(NotAllowed):
        house.decide(interests.ignore_suspicion, finding, actor=house.reviewer)

    assert db.scalars(select(Suspicion)).all() == []
    assert db.scalars(select(ConflictOfInterest)).all() == []


def test_reopen_takes_both_decisions_back(house, db):
    duty, finding = house.duty(), house.suspected()
    house.decide(interests.confirm_suspicion, finding)
    suspicion = db.scalars(select(Suspicion.id)).one()

    interests.reopen_suspicion(actor=house.boss, batch_id=house.batch_id, suspicion_id=suspicion)

    assert [one.evidence for one in house.waiting()] == [finding.evidence]
    assert db.scalars(select(ConflictOfInterest)).all() == []
    assert state_of(db, duty) is AssignmentState.DECLINED
    with pytest.raises(NotFound):
        interests.reopen_suspicion(actor=house.boss, batch_id=house.batch_id, suspicion_id=suspicion)


def test_reopen_leaves_what_the_reviewer_declared(house, db):
    duty, finding = house.duty(), house.suspected()
    reviewing.declare_conflict(actor=house.reviewer, assignment_id=duty, reason="My sister works there.")
    db.add(
        Suspicion(
            reviewer_user_id=house.ada_id,
            startup_id=house.startup_id,
            evidence=finding.evidence,
            kind=finding.kind,
            sentence={"text": "x"},
            state=SuspicionState.CONFIRMED,
            decided_at=house.entry.started_at,
        )
    )
    db.commit()

    interests.reopen_suspicion(
        actor=house.boss, batch_id=house.batch_id, suspicion_id=db.scalars(select(Suspicion.id)).one()
    )

    assert [row.ground for row in db.scalars(select(ConflictOfInterest))] == ["My sister works there."]
    assert state_of(db, duty) is AssignmentState.CONFLICTED


def test_a_reviewer_confirms_an_own_suspicion_without_being_told_the_startup(house, db):
    duty, finding = house.duty(), house.suspected()
    other = make.application(of=house.batch, by=make.startup(name="Cyclone"), state=ApplicationState.ADMISSIBLE)
    make.tie(db.get_one(make.Startup, other.startup_id), organisation="Alpha")

    asked = findings.waiting_evidence(house.ada_id)
    closed = interests.confirm_own_suspicion(actor=house.reviewer, evidence=finding.evidence)

    assert list(asked) == [finding.evidence]
    assert "Boréal" not in asked[finding.evidence] and "Cyclone" not in asked[finding.evidence]
    assert closed == 1
    assert state_of(db, duty) is AssignmentState.CONFLICTED
    assert {(row.startup_id, row.source) for row in db.scalars(select(ConflictOfInterest))} == {
        (house.startup_id, ConflictSource.DECLARED),
        (other.startup_id, ConflictSource.DECLARED),
    }
    with pytest.raises(NotFound):
        interests.confirm_own_suspicion(actor=house.reviewer, evidence=finding.evidence)


def test_a_reviewer_is_not_asked_what_would_name_the_applicant(house, db):
    make.interest(house.ada, organisation="Boréal SAS")
    colleague = make.startup(people=(house.ada, house.eve), name="Atelier")

    assert {one.kind for one in house.waiting()} == {"company", "chain"}
    assert findings.waiting_evidence(house.ada_id) == {}
    (chain,) = [one for one in house.waiting() if one.kind == "chain"]
    assert chain.reason == "The reviewer is a member of Atelier with Eve Martin, who is a member of Boréal."
    assert colleague.id


def test_export_is_on_the_trail(house, db):
    house.suspected()

    board = interests.export_conflicts(actor=house.boss, batch_id=house.batch_id)

    assert len(board.waiting) == 1
    assert trail(db)[-1] == "exported conflicts of interest"
    with pytest.raises(NotAllowed):
        interests.export_conflicts(actor=house.reviewer, batch_id=house.batch_id)


# ---- what a startup names --------------------------------------------------------------------------------------------


def test_name_tie_and_drop_it(house, db):
    tie = interests.name_tie(
        actor=house.founder, startup_id=house.startup_id, entry=investor(siren="732829320"), request_key="k"
    )
    again = interests.name_tie(
        actor=house.founder, startup_id=house.startup_id, entry=investor(siren="732829320"), request_key="k"
    )
    assert tie == again
    assert [(row.kind, row.siren) for row in register.ties(house.startup_id)] == [(TieKind.SHAREHOLDER, ALPHA)]

    interests.drop_tie(actor=house.founder, startup_id=house.startup_id, tie_id=tie)

    assert register.ties(house.startup_id) == []
    with pytest.raises(NotFound):
        interests.drop_tie(actor=house.founder, startup_id=house.startup_id, tie_id=tie)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (investor(""), "organisation"),
        (investor(siren="12"), "siren"),
        (investor("", siren=ALPHA, person="Eve Martin"), "organisation"),
        (TieEntry(TieKind.FORMER_EMPLOYER, "", person="Eve Martin"), "organisation"),
    ],
)
def test_name_tie_refused_leaves_nothing_behind(house, db, entry, field):
    with pytest.raises(RuleViolation) as refusal:
        interests.name_tie(actor=house.founder, startup_id=house.startup_id, entry=entry)

    assert refusal.value.field == field
    assert db.scalars(select(StartupTie)).all() == []


def test_a_startup_names_so_many_and_no_more(house, db):
    for _ in range(MAX_TIES):
        make.tie(house.startup)

    with pytest.raises(RuleViolation, match="At most 60"):
        interests.name_tie(actor=house.founder, startup_id=house.startup_id, entry=investor())


def test_strangers_name_nothing(house, db):
    stranger = make.actor(make.user())
    mine = make.tie(house.startup).id

    with pytest.raises(NotFound):
        interests.name_tie(actor=stranger, startup_id=house.startup_id, entry=investor())
    with pytest.raises(NotFound):
        interests.drop_tie(actor=stranger, startup_id=house.startup_id, tie_id=mine)

    assert db.scalars(select(StartupTie.id)).all() == [mine]
    assert db.scalar(select(func.count()).select_from(User)) == 4
