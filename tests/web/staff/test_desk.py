"""Startups, letters, people and the audit trail through pages."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import ApplicationState, LetterState, Role
from accelerator.models.accounts import RoleGrant, User
from accelerator.models.letters import Letter
from accelerator.services import audit, letters
from accelerator.services.transaction import transaction
from tests import make
from tests.statements import counted


def draft(kind: str = "review_reminder") -> Letter:
    """A draft to Ada; its text says so."""
    ada = make.user(email=f"ada{make.siren()}@exemple.fr")
    now = make.clock.now()
    return make._store(
        Letter(
            to_user_id=ada.id,
            to_email=ada.email,
            locale="fr",
            kind=kind,
            about="batch:1",
            subject="Rappel",
            body="Bonjour Ada <b>",
            state=LetterState.DRAFT,
            message_id=f"<{make.siren()}>",
            written_at=now,
            send_after=now,
        )
    )


def test_startups_are_listed_and_opened(browser, db):
    ada = make.user(name="Ada")
    startup = make.startup(name="Anis", people=(ada,))
    application = make.application(by=startup, state=ApplicationState.INADMISSIBLE, screened_at=make.clock.now())
    browser.sign_in(make.manager())

    listed = browser.get("staff.startups.index")
    page = browser.get("staff.startups.show", startup_id=startup.id)

    assert [row[0] for row in listed.table()] == ["Anis"]
    assert "Found not admissible" in page.text and "Ada (owner)" in page.text
    assert f"/staff/applications/{application.id}" in page.body
    assert browser.get("/staff/startups?q=zzz&counted=no").status == 200
    assert browser.get("staff.startups.show", startup_id=999).status == 404


@pytest.mark.parametrize(
    "endpoint", ["staff.startups.index", "staff.letters.outbox", "staff.audit.index", "staff.accounts.people"]
)
def test_sponsors_read_none_of_these(browser, db, endpoint):
    assert browser.sign_in(make.user(Role.SPONSOR)).get(endpoint).status == 403


def test_managers_do_not_hand_out_roles(browser, db):
    browser.sign_in(make.manager())

    assert browser.get("staff.accounts.people").status == 403
    assert browser.post("staff.accounts.invite", {"role": "administrator"}).status == 403


def test_wave_is_recapped_then_sent_whole(browser, db):
    first, second = draft(), draft()
    browser.sign_in(make.manager())

    outbox = browser.get("staff.letters.outbox")
    recap = browser.get("staff.letters.wave", kind="review_reminder")
    late = draft()
    sent = browser.post("staff.letters.release_wave", {"upto_id": recap.value("upto_id")}, kind="review_reminder")

    assert "2 Review reminder" in outbox.text
    assert "E-mails that will be sent: 2" in recap.text and first.to_email in recap.text
    assert browser.follow(sent).notices == ["E-mails on their way: 2."]
    assert dict(db.execute(select(Letter.id, Letter.state)).all()) == {
        first.id: LetterState.QUEUED,
        second.id: LetterState.QUEUED,
        late.id: LetterState.DRAFT,
    }
    assert browser.get("staff.letters.wave", kind="nothing").status == 404
    assert browser.post("staff.letters.release_wave", {"upto_id": "x"}, kind="review_reminder").status == 302


def test_letter_is_read_sent_discarded_and_tried_again(browser, db):
    letter = draft()
    browser.sign_in(make.manager())

    page = browser.get("staff.letters.show", letter_id=letter.id)
    assert "Bonjour Ada <b>" in page.text
    assert browser.post("staff.letters.release", letter_id=letter.id).status == 302
    assert browser.post("staff.letters.release", letter_id=letter.id).status == 409
    assert browser.post("staff.letters.discard", letter_id=letter.id).status == 302
    with transaction():
        db.execute(sa.update(Letter).values(state=LetterState.FAILED, last_error="mailbox full"))
    assert "mailbox full" in browser.get("/staff/letters?state=failed").text
    assert browser.post("staff.letters.retry", letter_id=letter.id).status == 302
    assert db.scalars(select(Letter.state)).all() == [LetterState.QUEUED]
    assert browser.post("staff.letters.retry_failed").status == 302
    assert browser.get("staff.letters.show", letter_id=99).status == 404


def test_letter_with_a_one_time_link_is_not_shown_to_the_team(browser, db):
    ada = make.user()
    with transaction():
        letter_id = letters.write(ada.id, "invitation", about="user:1", values={"token": "SECRET-TOKEN"})

    page = browser.sign_in(make.manager()).get("staff.letters.show", letter_id=letter_id)

    assert "SECRET-TOKEN" not in page.body
    assert "Only its recipient reads it." in page.text


def test_person_is_invited_as_coordinator_of_a_region(browser, db):
    browser.sign_in(make.user(Role.ADMINISTRATOR))
    typed = {"name": "Luc", "email": "Luc@Exemple.fr", "role": "coordinator", "region_code": "84", "locale": "fr"}

    refused = browser.post("staff.accounts.invite", {**typed, "region_code": ""})
    made = browser.post("staff.accounts.invite", typed)

    assert refused.errors == ["Region: Choose the region this person coordinates."]
    assert made.location == "/staff/people"
    luc = db.scalars(select(User).where(User.email == "luc@exemple.fr")).one()
    assert make.actor(luc).regions() == {"84"}
    assert db.scalars(select(Letter.kind)).all() == ["invitation"]
    page = browser.get("/staff/people?q=luc")
    assert [row[0] for row in page.table()] == ["Luc luc@exemple.fr"]
    assert "Regional coordinator Auvergne-Rhône-Alpes" in page.text and "Never, invited" in page.text


@pytest.mark.parametrize(
    "change",
    [
        {"role": "founder"},
        {"role": "system"},
        {"role": ""},
        {"email": "no"},
        {"name": ""},
        {"locale": "de"},
        {"region_code": "99"},
    ],
)
def test_invitation_refuses_what_cannot_be(browser, db, change):
    browser.sign_in(make.user(Role.ADMINISTRATOR))
    typed = {"name": "Luc", "email": "luc@exemple.fr", "role": "manager", "region_code": "", "locale": "fr", **change}

    assert browser.post("staff.accounts.invite", typed).status == 422
    assert db.scalars(select(User).where(User.email == "luc@exemple.fr")).all() == []


def test_role_is_taken_away_but_not_the_last_administrators(browser, db):
    ada, claire = make.user(Role.ADMINISTRATOR), make.manager()
    browser.sign_in(ada)

    taken = browser.post("staff.accounts.revoke", {"role": "manager"}, user_id=claire.id)
    last = browser.post("staff.accounts.revoke", {"role": "administrator"}, user_id=ada.id)
    unknown = browser.post("staff.accounts.revoke", {"role": "king"}, user_id=ada.id)

    assert (taken.status, last.status, unknown.status) == (302, 422, 404)
    assert last.h1 == "The last administrator keeps the role: name another one first."
    assert db.scalars(select(RoleGrant.user_id)).all() == [ada.id]


def test_audit_trail_is_filtered_paged_and_checked(browser, db, monkeypatch):
    monkeypatch.setattr("accelerator.queries.audit.ROWS_A_PAGE", 2)
    admin = make.user(Role.ADMINISTRATOR, name="Anne")
    browser.sign_in(admin)
    for number in range(3):
        browser.post(
            "staff.accounts.invite",
            {
                "name": f"P{number}",
                "email": f"p{number}@exemple.fr",
                "role": "expert",
                "region_code": "",
                "locale": "fr",
            },
        )

    page = browser.get("staff.audit.index")
    older = browser.get(page.links("Older entries")[0])

    assert [row[-1] for row in page.table()] == ["3", "2"]
    assert [row[-1] for row in older.table()] == ["1"]
    assert len(browser.get("/staff/audit?person=anne&subject=user").table()) == 2
    assert "No entry matches" in browser.get("/staff/audit?subject=nothing:1").text
    checked = browser.follow(browser.post("staff.audit.check"))
    assert checked.notices == ["The chain is intact: every entry follows from the one before."]


def test_audit_check_finds_an_entry_that_was_changed(browser, db):
    browser.sign_in(make.user(Role.ADMINISTRATOR))
    typed = {"name": "P", "email": "p@exemple.fr", "role": "expert", "region_code": "", "locale": "fr"}
    browser.post("staff.accounts.invite", typed)
    for trigger in db.scalars(
        sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'")
    ):
        db.execute(sa.text(f"DROP TRIGGER {trigger}"))
    db.execute(sa.text("UPDATE audit_entry SET verb = 'did nothing'"))
    db.commit()

    checked = browser.follow(browser.post("staff.audit.check"))

    assert checked.notices[-1] == "The chain is broken at entry 1. Tell the administrator and keep a copy now."


@pytest.mark.shared
def test_naughty_strings_are_names_or_refused(browser, db, shared):
    browser.sign_in(make.user(Role.ADMINISTRATOR, (Role.MANAGER, "")))
    texts = json.loads((shared / "bad-input" / "blns.json").read_text())

    for number, text in enumerate(texts[::2]):
        typed = {"name": text, "email": f"p{number}@exemple.fr", "role": "expert", "region_code": "", "locale": "fr"}
        assert browser.post("staff.accounts.invite", typed).status in (302, 422)
    for text in texts[::60]:
        for field in ("email", "role", "region_code", "locale"):
            typed = {
                "name": "P",
                "email": "p@exemple.fr",
                "role": "expert",
                "region_code": "",
                "locale": "fr",
                field: text,
            }
            assert browser.post("staff.accounts.invite", typed).status in (302, 422)
        for path in ("/staff/people", "/staff/letters", "/staff/audit", "/staff/startups"):
            for name in ("q", "role", "state", "subject", "person", "before", "region"):
                assert browser.client.get(path, query_string={name: text}).status_code == 200
    assert browser.get("staff.accounts.people").status == 200


def test_audit_trail_speaks_of_things_by_name_and_leads_to_them(browser, db):
    ada = make.user(name="Ada")
    startup = make.startup(name="Anis", people=(ada,))
    application = make.application(by=startup, state=ApplicationState.SUBMITTED)
    manager = make.user(Role.MANAGER, name="Claire")
    with transaction():
        audit.record(make.actor(manager), "found admissible", f"application:{application.id}")
        audit.record(SYSTEM, "posted consume", "credit_grant:999", posting=3, minor=58071)
        audit.record(make.actor(manager), "added member", f"startup:{startup.id}", user_id=ada.id)
        audit.record(make.actor(manager), "danced", "moon:1", steps=4)

    page = browser.sign_in(manager).get("/staff/audit?lang=fr")

    found = page.table()
    assert [(row[1], row[2].partition(f" {row[1]},")[0]) for row in found] == [
        ("Claire", "danced"),
        ("Claire", "a ajouté un membre"),
        ("Le système", "a passé une consommation"),
        ("Claire", "a jugé la candidature recevable"),
    ]
    assert [(row[3], row[4]) for row in found] == [
        ("moon:1", "steps : 4"),
        (f"Anis startup:{startup.id}", "personne : Ada"),
        ("credit_grant:999", "écriture : 3 · montant : 580,71"),
        (f"Candidature : Anis application:{application.id}", ""),
    ]
    assert f'href="/staff/applications/{application.id}"' in page.body
    assert f'href="/staff/startups/{startup.id}"' in page.body


def test_audit_trail_names_nothing_the_reader_may_not_open(browser, db):
    startup = make.startup(name="Anis")
    with transaction():
        audit.record(make.actor(make.manager()), "edited startup", f"startup:{startup.id}", siren="")

    page = browser.sign_in(make.user(Role.ADMINISTRATOR)).get("staff.audit.index")

    assert f"startup:{startup.id}" in page.text
    assert "Anis" not in page.text


@pytest.mark.parametrize("entries", [1, 3])
def test_audit_trail_costs_the_same_however_long(browser, db, entries):
    manager = make.manager()
    with transaction():
        for _number in range(entries):
            startup = make.startup()
            audit.record(make.actor(manager), "edited startup", f"startup:{startup.id}", user_id=manager.id)
    browser.sign_in(manager).get("staff.audit.index")

    with counted() as statements:
        browser.get("staff.audit.index")

    assert len(statements) == 4  # who asks and in which roles, the entries, all their names
