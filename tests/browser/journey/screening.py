"""Step 3: after the deadline the manager screens the intake, names a committee and hands the dossiers out."""

from __future__ import annotations

from accelerator.extensions import db
from accelerator.kernel.enums import ApplicationState
from accelerator.models.applications import Application
from accelerator.models.letters import Letter
from accelerator.models.startups import Startup
from accelerator.services import interests, reviewing
from tests.browser.journey.applying import INADMISSIBLE, OTHERS
from tests.browser.journey.story import Story, follow, press_key
from tests.conftest import at


def the_intake_is_screened(story: Story) -> None:
    """One admissible by keyboard, one not with its reason, the others together after their names were shown."""
    at("2027-05-17T08:00Z")
    manager = story.manager
    manager.open(f"/staff/batches/{story.code}")
    follow(manager, story.say("Screen the intake"))
    manager.press(story.startup)
    manager.reads("deck.pdf")
    press_key(manager, "a")
    manager.reads(story.say("%(name)s is admissible.", name=story.startup))

    manager.open(f"/staff/batches/{story.code}/applications?screened=no")
    manager.press(INADMISSIBLE)
    manager.page.keyboard.press("n")
    manager.page.select_option("#ground", index=1)
    manager.page.fill("#explanation", "Le produit ne repose pas sur l’IA générative.")
    manager.press(story.say("Not admissible"))
    manager.reads(story.say("%(name)s is not admissible. The e-mail waits as a draft.", name=INADMISSIBLE))

    manager.open(f"/staff/batches/{story.code}/applications?screened=no")
    for name in OTHERS:
        manager.page.get_by_role("checkbox", name=name, exact=True).check()
    manager.press(story.say("Find the ticked ones admissible…"))
    for name in OTHERS:
        manager.reads(name)
    manager.press(story.say("Find them admissible"))
    manager.reads(story.say("Found admissible: %(done)s. Changed meanwhile and left alone: %(left)s.", done=4, left=0))
    assert _states(story) == {
        story.startup: ApplicationState.ADMISSIBLE,
        INADMISSIBLE: ApplicationState.INADMISSIBLE,
        **dict.fromkeys(OTHERS, ApplicationState.ADMISSIBLE),
    }


def the_dossiers_are_handed_out(story: Story) -> None:
    """The review starts, three reviewers are asked and accept, the proposal is looked at and confirmed."""
    manager = story.manager
    manager.open(f"/staff/batches/{story.code}")
    manager.press(story.say("Start the review"))
    follow(manager, story.say("Name the committee"))
    for email in story.readers:
        manager.page.fill("#email", email)
        manager.press(story.say("Send the invitation"))
        manager.reads(email)
    _the_committee_answers(story)
    manager.open(f"/staff/batches/{story.code}/reviewers")
    manager.press(story.say("Assign dossiers"))
    manager.reads(story.count("%(num)s new review", "%(num)s new reviews", 15))
    manager.press(story.say("Confirm and write to the reviewers"))
    manager.reads(story.count("%(num)s review is assigned.", "%(num)s reviews are assigned.", 15))
    manager.reads(story.say("%(done)s of %(count)s", done=0, count=15))


def _the_committee_answers(story: Story) -> None:
    """One accepts on the page that the letter leads to and has nothing to declare; the others by the same services."""
    story.look_again()
    links = {
        letter.to_email: letter.body.split("/committee/")[1].split()[0]
        for letter in db.session.query(Letter).filter_by(kind="reviewer_invited")
    }
    reader = story.signed_in(story.readers[0])
    reader.open(f"/committee/{links[story.readers[0]]}")
    reader.press(story.say("I accept"))
    reader.reads(story.say("Thank you: you are on the committee. An e-mail will tell you when dossiers are ready."))
    for email in story.readers[1:]:
        reviewing.accept_invitation(token=links[email], capacity=12)
        interests.state_register(actor=story.actor(email), interests_seen=0)


def _states(story: Story) -> dict[str, ApplicationState]:
    rows = (
        db.session.query(Startup.name, Application.state)
        .join(Application, Application.startup_id == Startup.id)
        .filter(Application.batch_id == story.batch().id)
    )
    return dict(rows.all())
