"""Step 5: the ranking, the choice with its reasons, the offers, the answers, and a place that passes on."""

from __future__ import annotations

from accelerator.extensions import db
from accelerator.kernel.enums import ApplicationState, LetterState, OfferState
from accelerator.models.applications import Application
from accelerator.models.letters import Letter
from accelerator.models.selection import Offer
from accelerator.models.startups import Startup
from accelerator.services import letters
from tests.browser.conftest import Person
from tests.browser.journey.applying import OTHERS
from tests.browser.journey.story import Story, follow, refusal, row_of
from tests.conftest import at

BRUME, COBALT, DELICE, ECLUSE = OTHERS
REASON = "Délice Mesure sert un marché que la promotion n’a pas encore."
PASSED_OVER = "Cobalt Vigie recoupe une startup déjà retenue."


def the_ranking_is_computed(story: Story) -> None:
    """Every figure of a line: adjusted with its error, mean, median, disagreement, number of reviews."""
    at("2027-06-14T08:00Z")
    manager = story.manager
    manager.open(f"/staff/batches/{story.code}/ranking")
    manager.press(story.say("Compute it now"))
    manager.reads(story.say("The ranking is computed. Applications: %(count)s.", count=5))
    lines = manager.page.locator("main tbody tr")
    ranked = [row for row in lines.all_inner_texts() if any(name in row for name in (story.startup, *OTHERS))]
    assert len(ranked) == 5
    for heading in ("Adjusted score", "Rank between", "Chance", "Mean", "Median", "Disagreement"):
        manager.reads(story.say(heading))
    cells = [
        cell.strip() for cell in manager.page.locator("tr", has_text=story.startup).locator("td").all_inner_texts()
    ]
    assert cells[0] == "1"
    assert "±" in cells[3]
    assert cells[4].split("–")[0] == "1"
    assert "%" in cells[5]
    assert " / " in cells[6]
    for figure in cells[7:10]:
        assert float(figure.replace(",", ".")) >= 0, cells
    manager.press(story.say("How sure is this ranking?"))
    manager.reads(story.say("Applications around the line, and all that are too close to call"))
    assert manager.page.locator("figure.chart--intervals circle").count() == 5
    manager.open(f"/staff/batches/{story.code}/ranking")


def the_cohort_is_chosen(story: Story) -> None:
    """Filled from the ranking, then one place given off rank with a reason; the waitlist has its order."""
    manager = story.manager
    manager.press(story.say("Choose the cohort"))
    manager.press(story.say("Fill from the ranking"))
    manager.reads(story.say("Filled from the ranking. Admitted: %(count)s.", count=3))
    delice, cobalt, ecluse = (_application(story, name) for name in (DELICE, COBALT, ECLUSE))
    manager.page.check(f"input[name=outcome_{delice}][value=admit]")
    manager.page.fill(f"#position_{delice}", "")
    manager.page.fill(f"#position_{cobalt}", "1")
    manager.page.fill(f"#position_{ecluse}", "2")
    assert manager.page.is_checked(f"input[name=outcome_{cobalt}][value=waitlist]")
    manager.press(story.say("Save the choices"))
    manager.reads(story.say("Reason needed."))
    manager.page.fill(f"#reason_{delice}", REASON)
    if manager.page.locator("tr.choice-row--owes", has_text=COBALT).count():
        manager.page.fill(f"#reason_{cobalt}", PASSED_OVER)
    manager.press(story.say("Save the choices"))
    manager.press(story.say("Go to the recap"))
    manager.reads(REASON)


def the_choice_is_confirmed(story: Story) -> None:
    """The number of places is typed; a wrong one is refused; nothing leaves before the offers are sent."""
    manager = story.manager
    manager.page.fill("#places", "4")
    with refusal(manager):
        manager.press(story.say("Make the selection final"))
    manager.page.fill("#places", "3")
    manager.press(story.say("Make the selection final"))
    manager.reads(story.say("The selection is final. Offers drafted: %(count)s.", count=3))
    letters.send_due_letters()
    assert _offer_letters() == []
    follow(manager, story.say("Choose and send"))
    manager.press(story.say("Look again before sending"))
    manager.press(story.say("Send these %(count)s e-mails now", count=3))
    manager.reads(story.say("Offers sent: %(count)s.", count=3))
    letters.send_due_letters()
    assert len(_offer_letters()) == 3


def the_founders_answer(story: Story) -> None:
    """One accepts, one declines: the first of the waitlist is offered the place and takes it."""
    at("2027-06-15T09:00Z")
    _to_the_offer(story, story.founder)
    story.founder.press(story.say("Accept the place"))
    story.founder.reads(story.say("The place is yours. Welcome."))

    brume = story.signed_in("founder0@exemple.fr")
    _to_the_offer(story, brume)
    brume.page.locator("main summary", has_text=story.say("Decline the place")).click()
    brume.press(story.say("Yes, decline the place"))
    brume.reads(story.say("You have declined. Thank you for answering."))

    letters.send_due_letters()
    for email in ("founder1@exemple.fr", "founder2@exemple.fr"):
        person = story.signed_in(email)
        _to_the_offer(story, person)
        person.press(story.say("Accept the place"))
    assert _answers(story) == {
        story.startup: OfferState.ACCEPTED,
        BRUME: OfferState.DECLINED,
        COBALT: OfferState.ACCEPTED,
        DELICE: OfferState.ACCEPTED,
    }


def the_manager_sees_the_answers(story: Story) -> None:
    """The offers page says who came in from the waitlist; the next one still waits."""
    manager = story.manager
    manager.open(f"/staff/batches/{story.code}/offers")
    assert story.say("Waitlist %(position)s", position=1) in row_of(manager, COBALT)
    manager.reads(story.say("%(done)s of %(count)s", done=3, count=3))
    story.look_again()
    assert db.session.get_one(Application, _application(story, ECLUSE)).state is ApplicationState.WAITLISTED


def _to_the_offer(story: Story, person: Person) -> None:
    """From one's own space to the offer, as the letter says."""
    person.open("/my/")
    with person.page.expect_navigation():
        person.page.locator("main a[href*='/my/offers/']").first.click()
    person.inspect()


def _application(story: Story, name: str) -> int:
    rows = db.session.query(Application.id).join(Startup, Startup.id == Application.startup_id)
    return rows.filter(Startup.name == name, Application.batch_id == story.batch().id).one().id


def _answers(story: Story) -> dict[str, OfferState]:
    story.look_again()
    rows = db.session.query(Startup.name, Offer.state).select_from(Offer)
    rows = rows.join(Application, Application.id == Offer.application_id)
    return dict(rows.join(Startup, Startup.id == Application.startup_id).all())


def _offer_letters() -> list[Letter]:
    db.session.rollback()
    return db.session.query(Letter).filter_by(kind="offer", state=LetterState.SENT).all()
