"""Offers pass on, drafts are written anew and waves leave in the same moment: one live letter an application."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select

from accelerator.extensions import db as database
from accelerator.kernel.enums import LetterState, OfferState, Outcome
from accelerator.models.letters import Letter
from accelerator.models.selection import Offer
from accelerator.queries import decision_letters as queries
from accelerator.services import letters, waves
from tests import committee, make
from tests.committee import entries, offer_of, owner_of
from tests.server import live_server


def test_whoever_acts_at_once_no_application_has_two_live_letters(either_app: Flask):
    batch = committee.offered_batch(places=6, applications=24)
    actor = make.actor(make.manager())
    waiting = len(queries.to_send(batch.id, Outcome.WAITLIST))
    waves.send_answers(actor=actor, code=batch.code, outcome=Outcome.WAITLIST, expected=waiting)
    first, offered = make.manager(), entries(batch)[:6]
    founders = [(owner_of(entry), offer_of(entry).id) for entry in offered]
    here = f"/staff/batches/{batch.code}/offers"
    refused = len(queries.to_send(batch.id, Outcome.REFUSE))
    wave = {"scope": "all", "when": "now", "expected": str(refused)}

    with live_server(either_app, threads=16) as server:
        cookie = server.cookie_for(first)
        works = [
            *((f"/my/offers/{offer_id}/decline", {}, server.cookie_for(founder)) for founder, offer_id in founders),
            *((f"{here}/{offer_id}/rescind", {"reason": "Applied twice."}, cookie) for _founder, offer_id in founders),
            *((f"{here}/anew/{outcome}", {"expected": "0"}, cookie) for outcome in Outcome for _ in range(6)),
            *((f"{here}/send/refuse", {**wave, "request_key": f"k{n}"}, cookie) for n in range(6)),
        ]
        answers = server.post_at_once(works)
        letters.send_due_letters(limit=200)

    database.session.rollback()
    assert {answer.status for answer in answers} <= {302, 404, 409, 422}
    live = (
        select(Letter.decides_application_id, func.count())
        .where(Letter.state.in_((LetterState.DRAFT, LetterState.QUEUED)))
        .group_by(Letter.decides_application_id)
        .having(func.count() > 1)
    )
    assert database.session.execute(live).all() == []
    sent = database.session.scalars(select(Letter).where(Letter.kind == "not_selected")).all()
    assert [letter.state for letter in sent] == [LetterState.SENT] * refused
    for entry in offered:
        kinds = database.session.scalars(
            select(Letter.kind).where(
                Letter.decides_application_id == entry.id,
                Letter.state.in_((LetterState.SENT, LetterState.DRAFT, LetterState.QUEUED)),
            )
        ).all()
        assert kinds == []
    assert set(
        database.session.scalars(select(Offer.state).where(Offer.application_id.in_([one.id for one in offered])))
    ) <= {OfferState.DECLINED, OfferState.RESCINDED}
