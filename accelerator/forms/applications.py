"""Forms · Applications — the form of one step, made from the questions of the batch; what autosave sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wtforms import BooleanField, Field, FileField, Form, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice

from accelerator.forms.base import BaseForm, clean_text
from accelerator.forms.choices import NO, YES
from accelerator.kernel.enums import QuestionKind
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import N_, Message
from accelerator.rules.applications import (
    MAX_CHARACTERS,
    AskedQuestion,
    TypedAnswer,
    field_name,
    fingerprint,
    problem_with,
)

MAX_ANSWERS = 200
_YES_NO = (SelectChoice(YES, N_("Yes")), SelectChoice(NO, N_("No")))


class Owed:
    """Marks a question that is owed at the end; a draft may leave it open."""

    field_flags: Final = {"required": True}

    def __call__(self, form: Form, field: Field) -> None:
        """Nothing is refused while the draft is being written."""


class StepForm(BaseForm):
    """One step of an application. Any text passes: a draft keeps what was typed; `show_problems` checks."""

    questions: Sequence[AskedQuestion] = ()

    def typed(self) -> dict[int, TypedAnswer]:
        """What was typed to each question, with the fingerprint of the text it was typed over."""
        return {
            question.id: TypedAnswer(self[field_name(question.id)].data or "", self[f"base_{question.id}"].data or "")
            for question in self.questions
        }

    def show_problems(self) -> None:
        """Put on each question what keeps its answer from being submitted."""
        for question in self.questions:
            field = self[field_name(question.id)]
            if problem := problem_with(question, field.data or ""):
                field.errors = [problem]

    def keep_typed_over(self, fingerprints: Mapping[int, str]) -> None:
        """From now on the texts on the page are known to stand over these stored ones."""
        for question_id, mark in fingerprints.items():
            base = self[f"base_{question_id}"]
            base.data, base.raw_data = mark, [mark]


class SubmitForm(BaseForm):
    """What the applicant declares; two separate boxes, neither ticked before."""

    is_true = BooleanField(N_("The answers are true and we may make this application."))
    may_contact = BooleanField(N_("You may write to us about later calls and workshops, whatever the decision."))


def step_form(questions: Sequence[AskedQuestion], *, has_deck: bool) -> type[StepForm]:
    """The form class of one step: a field for each question, and the deck where the step has one."""
    fields: dict[str, Any] = {"questions": tuple(questions)}
    for question in questions:
        fields[field_name(question.id)] = _field(question)
        fields[f"base_{question.id}"] = HiddenField()
    if has_deck:
        fields["deck"] = FileField(N_("Pitch deck"))
    return type("StepForm", (StepForm,), fields)


def shown_answers(questions: Sequence[AskedQuestion], answers: Mapping[int, str]) -> dict[str, str]:
    """The stored answers under the names of their fields, each with its fingerprint."""
    shown = {}
    for question in questions:
        text = answers.get(question.id, "")
        shown[field_name(question.id)] = text
        shown[f"base_{question.id}"] = fingerprint(text)
    return shown


def _field(question: AskedQuestion) -> Field:
    options: dict[str, Any] = {"label": question.label, "description": question.help}
    if question.is_required:
        options["validators"] = [Owed()]
    match question.kind:
        case QuestionKind.LONG_TEXT:
            return TextAreaField(**_drawn(options, rows=max(4, min(8, (question.max_words or 100) // 20))))
        case QuestionKind.CHOICE:
            choices = [SelectChoice(value, label) for value, label in question.choices]
            return RadioField(**options, choices=choices, validate_choice=False)
        case QuestionKind.YES_NO:
            return RadioField(**options, choices=list(_YES_NO), validate_choice=False)
        case QuestionKind.NUMBER:
            return StringField(**_drawn(options, inputmode="decimal"))
        case QuestionKind.URL:
            return StringField(**_drawn(options, inputmode="url"))
        case _:
            return StringField(**_drawn(options))


def _drawn(options: dict[str, Any], **attributes: object) -> dict[str, Any]:
    return {**options, "render_kw": attributes}


def typed_answers(document: object) -> dict[int, TypedAnswer]:
    """What autosave sent: `{"answers": {"12": {"text": "…", "base": "…"}}}`.

    Raises: RuleViolation when it is anything else.
    """
    answers = document.get("answers") if isinstance(document, dict) else None
    if not isinstance(answers, dict) or len(answers) > MAX_ANSWERS:
        raise RuleViolation(_UNREADABLE)
    return dict(_typed(key, value) for key, value in answers.items())


_UNREADABLE = Message("This request could not be read. Go back, reload the page and try again.")
_LONGEST = 4 * max(MAX_CHARACTERS.values())


def _typed(key: object, value: object) -> tuple[int, TypedAnswer]:
    text, base = (value.get("text"), value.get("base")) if isinstance(value, dict) else (None, None)
    if not (isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 18):
        raise RuleViolation(_UNREADABLE)
    if not isinstance(text, str) or not isinstance(base, str) or len(text) > _LONGEST:
        raise RuleViolation(_UNREADABLE)
    return int(key), TypedAnswer(str(clean_text(text)), base[:64])
