"""Rules set and dropped by managers, the proposal under them with its reasons, one startup moved at a time."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from accelerator.kernel.enums import ApplicationState, Outcome
from accelerator.kernel.enums import PortfolioRuleKind as Kind
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.audit import AuditEntry
from accelerator.models.portfolio import PortfolioRule
from accelerator.models.selection import Decision, SelectionSnapshot
from accelerator.models.startups import Startup
from accelerator.queries import portfolio as queries
from accelerator.queries import selection as selection_queries
from accelerator.rules import portfolio as rules
from accelerator.services import portfolio, selection
from tests import committee, make
from tests.committee import admit, choose, confirm, entries, wait

BRITTANY = ("region", "53")


def batch_of(*regions: str, **columns):
    """A batch in review whose first, second, third… of the ranking come from these regions."""
    batch = committee.reviewed_batch(applications=len(regions), **columns)
    for entry, region in zip(entries(batch), regions, strict=True):
        make.db.session.get_one(Startup, entry.startup_id).region_code = region
    make.db.session.commit()
    return batch


def rules_version(batch) -> str:
    return rules.version_of(queries.rules(batch.id))


def add(batch, kind=Kind.MINIMUM, **changes) -> int:
    """Set a rule as a manager who has just looked."""
    if kind in rules.COUNTING:
        changes = {"trait": BRITTANY, "bound": 1, **changes}
    return portfolio.add_rule(
        **{
            "actor": make.actor(make.manager()),
            "code": batch.code,
            "kind": kind,
            "version": rules_version(batch),
            **changes,
        }
    )


def propose(batch, **changes) -> int:
    return portfolio.propose_under_rules(
        **{
            "actor": make.actor(make.manager()),
            "code": batch.code,
            "version": committee.version(batch),
            "rules_version": rules_version(batch),
            **changes,
        }
    )


def move(batch, entry, outcome, **changes) -> int:
    return portfolio.move_application(
        **{
            "actor": make.actor(make.manager()),
            "code": batch.code,
            "application_id": entry.id,
            "outcome": outcome,
            "version": committee.version(batch),
            **changes,
        }
    )


def stored(db, batch) -> list[tuple]:
    rows = db.execute(
        select(Decision.application_id, Decision.outcome, Decision.waitlist_position, Decision.reason)
        .where(Decision.batch_id == batch.id)
        .order_by(Decision.application_id)
    )
    return [tuple(row) for row in rows]


def test_add_rule_keeps_what_it_is_about_who_set_it_and_a_trace(db):
    batch = committee.reviewed_batch()
    ada = make.manager()

    rule_id = add(batch, actor=make.actor(ada), bound=2)
    pair = add(batch, Kind.APART, names=["rank 2", "1"])

    row = db.get_one(PortfolioRule, rule_id)
    assert (row.key, row.bound, row.set_by_user_id) == ("minimum:region:53", 2, ada.id)
    one, two, *_ = entries(batch)
    assert queries.rules(batch.id)[1] == rules.Rule(pair, Kind.APART, applications=(one.id, two.id))
    trail = db.scalars(select(AuditEntry.detail).where(AuditEntry.verb == "set a portfolio rule")).all()
    assert trail[0] == {"rule": "minimum:region:53", "bound": 2}


def test_add_rule_about_the_same_thing_changes_its_bound(db):
    batch = committee.reviewed_batch()

    first = add(batch, bound=2)
    second = add(batch, bound=3)

    assert first == second
    assert db.execute(select(PortfolioRule.bound)).scalars().all() == [3]


def test_add_rule_twice_with_one_key_is_one_act(db):
    batch = committee.reviewed_batch()
    manager, seen = make.actor(make.manager()), rules_version(batch)

    first = add(batch, actor=manager, version=seen, request_key="k")
    second = add(batch, actor=manager, version=seen, request_key="k")

    assert first == second


@pytest.mark.parametrize(
    ("kind", "changes", "sentence"),
    [
        (Kind.MINIMUM, {"trait": ("region", "99")}, "Choose what the rule counts."),
        (Kind.MINIMUM, {"trait": ("colour", "red")}, "Choose what the rule counts."),
        (Kind.MINIMUM, {"bound": 0}, "Give a number from 1 to 999."),
        (Kind.MAXIMUM, {"bound": -1}, "Give a number from 0 to 999."),
        (Kind.MUST, {}, "Choose the startup the rule names."),
        (Kind.MUST, {"names": ["  "]}, "Choose the startup the rule names."),
        (Kind.MUST, {"names": ["Nobody"]}, "No candidate has this name or rank."),
        (Kind.MUST, {"names": ["77"]}, "No candidate has this name or rank."),
        (Kind.MUST_NOT, {"names": ["Twin"]}, "Several candidates have this name: give the rank instead."),
        (Kind.TOGETHER, {"names": ["1"]}, "Choose the startup the rule names."),
        (Kind.APART, {"names": ["1", "Rank 1"]}, "A pair is made of two different startups."),
    ],
)
def test_add_rule_refused_leaves_nothing_behind(db, kind, changes, sentence):
    batch = committee.reviewed_batch()
    for _ in range(2):
        make.application(of=batch, by=make.startup(name="Twin"), state=ApplicationState.ADMISSIBLE)

    with pytest.raises(RuleViolation) as refusal:
        add(batch, kind, **changes)

    assert refusal.value.reason == sentence
    assert db.scalars(select(PortfolioRule)).all() == []


def test_add_rule_refuses_more_rules_than_can_be_priced(db, monkeypatch):
    monkeypatch.setattr(rules, "MOST_RULES", 1)
    batch = committee.reviewed_batch()
    add(batch)

    with pytest.raises(RuleViolation, match="at most 1 rules"):
        add(batch, Kind.MAXIMUM)
    assert add(batch, bound=2) == queries.rules(batch.id)[0].id


def test_rules_changed_by_somebody_else_are_a_conflict_for_every_act(db):
    batch = committee.reviewed_batch()
    seen = rules_version(batch)
    rule_id = add(batch)

    with pytest.raises(Conflict, match="changed the rules"):
        add(batch, Kind.MAXIMUM, version=seen)
    with pytest.raises(Conflict, match="changed the rules"):
        portfolio.drop_rule(actor=make.actor(make.manager()), code=batch.code, rule_id=rule_id, version=seen)
    with pytest.raises(Conflict, match="changed the rules"):
        propose(batch, rules_version=seen)

    assert len(queries.rules(batch.id)) == 1
    assert stored(db, batch) == []


def test_drop_rule_takes_it_away_and_leaves_a_trace(db):
    batch = committee.reviewed_batch()
    rule_id = add(batch)
    manager = make.actor(make.manager())

    portfolio.drop_rule(actor=manager, code=batch.code, rule_id=rule_id, version=rules_version(batch))

    assert queries.rules(batch.id) == []
    assert db.scalars(select(AuditEntry.verb).order_by(AuditEntry.id)).all()[-1] == "dropped a portfolio rule"
    with pytest.raises(NotFound):
        portfolio.drop_rule(actor=manager, code=batch.code, rule_id=rule_id, version=rules_version(batch))


def test_strangers_and_batches_not_in_review_are_refused(db):
    batch, decided = committee.reviewed_batch(), committee.decided_batch()
    stranger = make.actor(make.user())

    for act in (
        lambda: add(batch, actor=stranger),
        lambda: propose(batch, actor=stranger),
        lambda: move(batch, entries(batch)[0], Outcome.ADMIT, actor=stranger),
        lambda: portfolio.drop_rule(actor=stranger, code=batch.code, rule_id=1, version=""),
    ):
        with pytest.raises(NotAllowed):
            act()
    for act in (
        lambda: add(decided),
        lambda: propose(decided),
        lambda: move(decided, entries(decided)[4], Outcome.ADMIT),
    ):
        with pytest.raises(Conflict, match="final"):
            act()
    with pytest.raises(NotFound):
        add(batch, code="none")
    assert queries.rules(decided.id) == []


def test_propose_under_rules_fills_places_waitlist_and_reasons(db):
    batch = batch_of("11", "11", "11", "11", "53")
    one, two, three, four, five = entries(batch)
    choose(batch, admit(four, "A bet."))
    add(batch)

    given = propose(batch, say=lambda message: f"« {message} »")

    assert given == 2
    assert stored(db, batch) == [
        (one.id, Outcome.ADMIT, None, ""),
        (two.id, Outcome.WAITLIST, 1, "« Not admitted because of: at least 1 from Bretagne. »"),
        (three.id, Outcome.WAITLIST, 2, ""),
        (four.id, Outcome.WAITLIST, 3, ""),
        (five.id, Outcome.ADMIT, None, "« Admitted because of: at least 1 from Bretagne. »"),
    ]
    assert selection_queries.prepared(batch.id).owed == 0


def test_propose_gives_somebody_who_must_not_be_admitted_a_refusal_with_its_reason(db):
    batch = committee.reviewed_batch(applications=4)
    one, two, three, _four = entries(batch)
    add(batch, Kind.MUST_NOT, names=["Rank 1"])

    propose(batch)

    assert stored(db, batch)[0] == (
        one.id,
        Outcome.REFUSE,
        None,
        "Not admitted because of: Rank 1 must not be admitted.",
    )
    assert [line[1] for line in stored(db, batch)[1:]] == [Outcome.ADMIT, Outcome.ADMIT, Outcome.WAITLIST]
    assert selection_queries.prepared(batch.id).owed == 0
    assert (two.id, three.id) == tuple(line[0] for line in stored(db, batch)[1:3])


def test_propose_under_rules_that_contradict_each_other_is_refused_and_names_them(db):
    batch = batch_of("11", "11", "53")
    choose(batch, admit(entries(batch)[0]))
    add(batch, bound=2)

    with pytest.raises(RuleViolation) as refusal:
        propose(batch)

    assert refusal.value.reason == "This rule cannot be met, the ranking holds only 1: at least 2 from Bretagne."
    assert len(stored(db, batch)) == 1


def test_propose_without_a_ranking_or_from_an_old_page_is_refused(db):
    unranked, batch = committee.reviewed_batch(ranked=False), committee.reviewed_batch()
    seen = committee.version(batch)
    choose(batch, admit(entries(batch)[0]))

    with pytest.raises(RuleViolation, match="no ranking"):
        propose(unranked)
    with pytest.raises(Conflict, match="Somebody else saved"):
        propose(batch, version=seen)
    assert len(stored(db, batch)) == 1


def test_a_rule_about_somebody_who_withdraws_is_set_aside(db):
    batch = committee.reviewed_batch(applications=4)
    one, two, three, four = entries(batch)
    add(batch, Kind.MUST, names=["Rank 4"])
    add(batch, Kind.TOGETHER, names=["Rank 1", "Rank 4"])
    four.state = ApplicationState.WITHDRAWN
    db.commit()

    given = propose(batch)

    assert given == 2
    assert [line[:2] for line in stored(db, batch)] == [
        (one.id, Outcome.ADMIT),
        (two.id, Outcome.ADMIT),
        (three.id, Outcome.WAITLIST),
    ]
    found = queries.choice(batch.id, queries.rules(batch.id), 2)
    assert [idle.missing for idle in found.idle] == [(four.id,), (four.id,)]


def test_move_puts_one_in_and_the_waitlist_closes_up(db):
    batch = committee.reviewed_batch()
    one, two, three, four, *_ = entries(batch)
    choose(batch, admit(one), wait(two, 1, "Wants to wait."), wait(three, 2), wait(four, 3))

    owed = move(batch, three, Outcome.ADMIT)
    move(batch, four, Outcome.WAITLIST, position=1)

    assert owed == 1  # Rank 3 before Rank 2; Rank 2 has its reason
    assert stored(db, batch) == [
        (one.id, Outcome.ADMIT, None, ""),
        (two.id, Outcome.WAITLIST, 2, "Wants to wait."),
        (three.id, Outcome.ADMIT, None, ""),
        (four.id, Outcome.WAITLIST, 1, ""),
    ]


def test_a_move_to_another_outcome_drops_the_reason_of_the_first_and_the_trail_keeps_it(db):
    batch = committee.reviewed_batch()
    three = entries(batch)[2]
    choose(batch, admit(three, "The only one in health."))

    move(batch, three, Outcome.REFUSE)

    assert stored(db, batch) == [(three.id, Outcome.REFUSE, None, "")]
    detail = db.scalars(select(AuditEntry.detail).where(AuditEntry.verb == "moved on the composition board")).one()
    assert detail == {"to": "refuse", "position": None, "before": ["admit", None, "The only one in health."]}


def test_the_second_press_of_a_button_changes_nothing_even_from_the_old_page(db):
    batch = committee.reviewed_batch()
    one, *_ = entries(batch)
    seen = committee.version(batch)
    move(batch, one, Outcome.ADMIT, version=seen)
    before = stored(db, batch)

    move(batch, one, Outcome.ADMIT, version=seen)

    assert stored(db, batch) == before


def test_a_move_from_an_old_page_is_a_conflict_and_an_unknown_application_not_found(db):
    batch, other = committee.reviewed_batch(), committee.reviewed_batch()
    one, two, *_ = entries(batch)
    seen = committee.version(batch)
    move(batch, one, Outcome.ADMIT)

    with pytest.raises(Conflict, match="Somebody else saved"):
        move(batch, two, Outcome.ADMIT, version=seen)
    with pytest.raises(NotFound):
        move(batch, entries(other)[0], Outcome.ADMIT)
    assert len(stored(db, batch)) == 1


def test_the_frozen_result_holds_the_rules_it_was_chosen_under(db):
    batch = batch_of("11", "11", "53")
    add(batch)
    propose(batch)

    confirm(batch)

    document = json.loads(db.scalars(select(SelectionSnapshot.document)).one())
    assert document["portfolio_rules"] == [["minimum", "region", "53", 1, []]]
    assert selection.verify(code=batch.code) == []


def test_contenders_left_out_by_the_database_make_no_difference(db):
    batch = batch_of(*["11"] * 30, "53", "53", places=2)
    add(batch)
    add(batch, Kind.MUST, names=["Rank 30"])
    asked = queries.rules(batch.id)

    few = queries.contenders(batch.id, asked, 2)
    everyone = queries.contenders(batch.id, [*asked, rules.Rule(99, Kind.MAXIMUM, "region", "94", 900)], 2)

    assert (len(few), len(everyone)) == (16, 32)
    chosen = rules.choose(few, asked, places=2)
    assert chosen == rules.choose(everyone, asked, places=2)
    assert chosen.chosen == (entries(batch)[29].id, entries(batch)[30].id)
