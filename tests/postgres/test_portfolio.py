"""The rules of a cohort, its proposal and its board say the same on both databases."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.enums import Outcome, Sector
from accelerator.kernel.enums import PortfolioRuleKind as Kind
from accelerator.models.portfolio import PortfolioRule
from accelerator.models.selection import Decision
from accelerator.models.startups import Startup
from accelerator.queries import board
from accelerator.queries import portfolio as queries
from accelerator.rules import portfolio as rules
from accelerator.services import portfolio
from tests import committee, make


@pytest.fixture
def batch(either_app: Flask):
    """Five candidates for two places; only the last is in health, comes from Bretagne and has women founders."""
    with either_app.app_context():
        batch = committee.reviewed_batch(applications=5)
        last = database.session.get_one(Startup, committee.entries(batch)[4].startup_id)
        last.region_code, last.sector, last.women_founders = "53", Sector.HEALTH, True
        database.session.commit()
        yield batch


def add(batch, kind: Kind, **changes) -> None:
    portfolio.add_rule(
        actor=make.actor(make.manager()),
        code=batch.code,
        kind=kind,
        version=rules.version_of(queries.rules(batch.id)),
        **changes,
    )


def test_a_cohort_is_proposed_under_every_kind_of_rule(batch):
    add(batch, Kind.MINIMUM, trait=("women_founders", "yes"), bound=1)
    add(batch, Kind.MAXIMUM, trait=("sector", "other"), bound=1)
    add(batch, Kind.MINIMUM, trait=("region", "53"), bound=1)
    add(batch, Kind.MUST_NOT, names=["rank 1"])
    add(batch, Kind.APART, names=["1", "2"])

    portfolio.propose_under_rules(
        actor=make.actor(make.manager()),
        code=batch.code,
        version=committee.version(batch),
        rules_version=rules.version_of(queries.rules(batch.id)),
    )

    stored = database.session.execute(
        select(Decision.outcome, Decision.waitlist_position).order_by(Decision.application_id)
    ).all()
    assert [tuple(row) for row in stored] == [
        (Outcome.REFUSE, None),
        (Outcome.ADMIT, None),
        (Outcome.WAITLIST, 1),
        (Outcome.WAITLIST, 2),
        (Outcome.ADMIT, None),
    ]
    seen = board.board(batch.id, 2, board.Search(text="rank", sector=Sector.OTHER, region_code="84"), 1)
    assert ([card.candidate.name for card in seen.rest.cards], seen.kept, seen.is_proposal) == (["Rank 1"], 5, True)


@pytest.mark.parametrize(
    "columns",
    [
        {"kind": Kind.MINIMUM, "bound": 1},
        {"kind": Kind.MUST},
        {"kind": Kind.MUST, "attribute": "region"},
        {"kind": Kind.APART, "first_application_id": 1},
        {"kind": Kind.APART, "first_application_id": 2, "second_application_id": 1},
        {"kind": Kind.MAXIMUM, "attribute": "region", "bound": -1},
    ],
)
def test_the_database_refuses_a_rule_that_makes_no_sense(batch, columns):
    row = PortfolioRule(batch_id=batch.id, key="k", set_at=clock.now(), **columns)
    database.session.add(row)

    with pytest.raises(IntegrityError):
        database.session.flush()
    database.session.rollback()


def test_the_database_keeps_one_rule_of_a_key(batch):
    add(batch, Kind.MAXIMUM, trait=("region", "53"), bound=3)
    database.session.add(
        PortfolioRule(
            batch_id=batch.id, key="maximum:region:53", kind=Kind.MAXIMUM, attribute="region", set_at=clock.now()
        )
    )

    with pytest.raises(IntegrityError):
        database.session.flush()
    database.session.rollback()
