"""Step 2: a founder signs up, registers the startup and applies; others have applied before."""

from __future__ import annotations

import io
import re

import pikepdf

from accelerator.extensions import db
from accelerator.kernel.enums import QuestionKind, Sector
from accelerator.models.applications import Answer, Application
from accelerator.models.programmes import Question
from tests import make
from tests.browser.conftest import Person
from tests.browser.journey.story import PASSWORD, Story, follow, refusal
from tests.conftest import at

WRONG_SIREN = "732 829 321"
SIREN = "732 829 320"
PROBLEM = "Chaque mois, 4 000 réseaux de chaleur perdent 12 % d’énergie sans que l’on sache où."
OTHERS = ("Brume Atlas", "Cobalt Vigie", "Délice Mesure", "Écluse Tempo")
INADMISSIBLE = "Fleuve Écho"


def the_call_opens(story: Story) -> None:
    """The manager makes a batch of three places from the last edition and publishes its call."""
    at("2027-03-01T09:00Z")
    manager = story.manager
    manager.open("/staff/batches")
    manager.press(story.say("New batch"))
    manager.page.fill("#name_fr", "Promotion 7 – septembre 2027")
    manager.page.fill("#name_en", "Batch 7 – September 2027")
    manager.page.fill("#code", story.code)
    manager.page.fill("#places", "3")
    manager.press(story.say("Make the batch"))
    manager.press(story.say("Publish the call"))
    manager.reads(story.say("The call is published."))


def five_others_have_applied(story: Story) -> None:
    """Rows a step of this story is not about: five startups, their founders, their applications."""
    at("2027-04-09T09:00Z")
    batch = story.batch()
    questions = db.session.query(Question).filter_by(batch_id=batch.id).order_by(Question.step, Question.position).all()
    for number, name in enumerate((*OTHERS, INADMISSIBLE)):
        owner = story.member(f"founder{number}@exemple.fr", f"Fondatrice {number}")
        startup = make.startup(people=(owner,), name=name, sector=list(Sector)[number], siren=make.siren(number))
        application = make.application(of=batch, by=startup)
        for question in questions:
            db.session.add(Answer(application_id=application.id, question_id=question.id, text=_text(question)))
    db.session.commit()


def the_founder_registers(story: Story) -> None:
    """From the public call to an account and a startup; a wrong SIREN is refused and nothing typed is lost."""
    at("2027-04-12T09:00Z")
    founder = story.visitor(story.founder_email)
    founder.open("/")
    founder.open("/calls")
    follow(founder, story.say("Read the call") + " " + story.batch_name)
    founder.press(story.say("Apply to this call"))
    founder.press(story.say("Open an account for your startup"))
    founder.page.fill("#name", "Inès Marchand")
    founder.page.fill("#email", story.founder_email)
    founder.page.fill("#password", PASSWORD)
    founder.press(story.say("Open my account"))
    for field, text in {"siren": WRONG_SIREN, "name": story.startup, "postcode": "69003", "city": "Lyon"}.items():
        founder.page.fill(f"#{field}", text)
    founder.page.fill("#pitch", "Trouve les fuites des réseaux de chaleur.")
    founder.page.select_option("#sector", Sector.ENERGY.value)
    founder.page.select_option("#stage", "mvp_market")
    with refusal(founder):
        founder.press(story.say("Register"))
    founder.reads(
        story.say(
            "This number does not pass its check: a digit is wrong or two are swapped. Compare it with your Kbis."
        )
    )
    assert founder.page.input_value("#city") == "Lyon"
    founder.page.fill("#siren", SIREN)
    founder.press(story.say("Register"))
    founder.press(story.say("Start the application") + " " + story.startup)


def the_founder_writes(story: Story) -> None:
    """Four steps; what is typed saves itself and is there after a reload."""
    founder = story.founder
    questions = db.session.query(Question).filter_by(batch_id=story.batch().id).all()
    founder.press(story.say("Save and go on"))
    problem = next(question for question in questions if question.code == "problem")
    founder.page.fill(f"#q_{problem.id}", PROBLEM)
    saved = re.compile(r"^\s*" + re.escape(story.say("Saved")) + " ")
    founder.page.locator("[data-save-state]", has_text=saved).wait_for()
    founder.page.reload()
    assert founder.page.input_value(f"#q_{problem.id}") == PROBLEM
    for step in (2, 3):
        _answer(founder, [one for one in questions if one.step == step and one.code != "problem"])
        founder.press(story.say("Save and go on"))
    _answer(founder, [one for one in questions if one.step == 4])


def the_founder_submits(story: Story) -> None:
    """A text file dressed up as a PDF is refused, a real deck kept; check, submit, receipt."""
    founder = story.founder
    _choose_deck(founder, b"This is not a PDF at all.")
    with refusal(founder):
        founder.press(story.say("Upload and save"))
    _choose_deck(founder, _deck())
    founder.press(story.say("Upload and save"))
    founder.reads("deck.pdf")
    founder.press(story.say("Save and go on"))
    founder.reads(PROBLEM)
    founder.page.check("#is_true")
    founder.press(story.say("Submit the application"))
    application = db.session.query(Application).filter(Application.receipt.isnot(None)).order_by(Application.id.desc())
    story.look_again()
    founder.reads(story.say("Receipt"))
    founder.reads(str(application.first().receipt))


def _choose_deck(person: Person, content: bytes) -> None:
    person.page.set_input_files(
        "#deck-file", files=[{"name": "deck.pdf", "mimeType": "application/pdf", "buffer": content}]
    )


def _deck() -> bytes:
    pdf = pikepdf.new()
    for _ in range(3):
        pdf.add_blank_page(page_size=(842, 595))
    file = io.BytesIO()
    pdf.save(file)
    return file.getvalue()


def _answer(person: Person, questions: list[Question]) -> None:
    """Answer these questions of the page."""
    for question in questions:
        if question.kind in (QuestionKind.CHOICE, QuestionKind.YES_NO):
            person.page.check(f"input[name=q_{question.id}][value={_text(question)}]")
        else:
            person.page.fill(f"#q_{question.id}", _text(question))


def _text(question: Question) -> str:
    match question.kind:
        case QuestionKind.CHOICE:
            return str(question.choices[0]["value"])
        case QuestionKind.YES_NO:
            return "yes"
        case QuestionKind.NUMBER:
            return "42"
        case QuestionKind.URL:
            return "https://exemple.fr/demo"
        case _:
            return f"Réponse {question.position} : mesurée, vérifiable, sans nom."
