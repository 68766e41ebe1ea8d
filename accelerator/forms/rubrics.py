"""Forms · Rubrics — a scoring sheet whole: its scale, its criteria, an anchor a point."""

from __future__ import annotations

from typing import Any, Final

from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from accelerator.forms.base import BaseForm
from accelerator.forms.fields import AmountField, Expected
from accelerator.forms.programmes import WholeNumberField
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import N_
from accelerator.rules.rubrics import HIGHEST_POINT, MAX_CRITERIA, CriterionPlan, RubricPlan

_NAME = (Length(max=120, message=N_("At most 120 characters.")),)
_LABEL = (Length(max=160, message=N_("At most 160 characters.")),)
_TEXT = (Length(max=500, message=N_("At most 500 characters.")),)


class Sheets(FieldList):
    """A list of forms within a form; the cleaning is theirs."""

    cleans_text = False


class Sheet(FormField):
    """A form within a form; the cleaning is its own."""

    cleans_text = False


class WeightField(AmountField):
    """A weight, typed with a comma or a point; the rules say whether it fits."""

    def is_typed(self) -> bool:
        """True when something stands in the field, readable or not."""
        return bool(self.raw_data and self.raw_data[0]) or self.data is not None


class OrderField(IntegerField):
    """A place in the order; what cannot be read comes last."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Parse the digits."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            self.data = None


class AnchorForm(BaseForm):
    """What one point stands for."""

    fr = StringField(N_("Anchor in French"), _LABEL)
    en = StringField(N_("Anchor in English"), _LABEL)


class CriterionForm(BaseForm):
    """One line of the sheet."""

    position = OrderField(N_("Position"), [Expected()])
    code = StringField(N_("Code"), [Expected(), Length(max=40, message=N_("At most 40 characters."))])
    weight = WeightField(N_("Weight"), [Expected()])
    label_fr = StringField(N_("Criterion in French"), [Expected(), *_LABEL])
    label_en = StringField(N_("Criterion in English"), [Expected(), *_LABEL])
    help_fr = TextAreaField(N_("Explanation in French"), _TEXT)
    help_en = TextAreaField(N_("Explanation in English"), _TEXT)
    anchors = Sheets(Sheet(AnchorForm), max_entries=HIGHEST_POINT + 1)
    is_removed = BooleanField(N_("Take this criterion out"))

    def is_empty(self) -> bool:
        """True when nothing of a criterion was typed."""
        return not (self.code.data or self.label_fr.data or self.label_en.data or self.weight.is_typed())

    def plan(self, row: int) -> CriterionPlan:
        """The line as the rules know it."""
        return CriterionPlan(
            code=self.code.data or "",
            label=Bilingual(self.label_fr.data or "", self.label_en.data or ""),
            help=Bilingual(self.help_fr.data or "", self.help_en.data or ""),
            weight=self.weight.data,
            anchors=tuple(Bilingual(one.form.fr.data or "", one.form.en.data or "") for one in self.anchors),
            row=row,
        )


_LAST: Final = 10**6


class RubricForm(BaseForm):
    """A rubric; `resize` draws it again with as many lines and anchors as asked for."""

    fingerprint = HiddenField()
    code = StringField(
        N_("Code"),
        [Expected(), Length(max=40, message=N_("At most 40 characters."))],
        description=N_("Short and lasting: all versions share it."),
    )
    name_fr = StringField(N_("Name in French"), [InputRequired(N_("Give the rubric a name.")), *_NAME])
    name_en = StringField(N_("Name in English"), [InputRequired(N_("Give the rubric a name.")), *_NAME])
    scale_min = WholeNumberField(N_("Lowest point"), [InputRequired(N_("Type a whole number."))])
    scale_max = WholeNumberField(N_("Highest point"), [InputRequired(N_("Type a whole number."))])
    criteria = Sheets(Sheet(CriterionForm), max_entries=MAX_CRITERIA + 1)

    def resize(self, *, more: int = 0) -> RubricForm:
        """One anchor a point on each line, and so many empty lines more."""
        points = self.points()
        for _ in range(more):
            if len(self.criteria) < MAX_CRITERIA:
                self.criteria.append_entry({"position": len(self.criteria) + 1})
        for line in self.criteria:
            anchors = line.form.anchors
            while len(anchors) < len(points):
                anchors.append_entry()
            while len(anchors) > len(points):
                anchors.pop_entry()
        return self

    def points(self) -> range:
        """The points of the scale as typed; 1 to 5 where it cannot be read."""
        low, high = self.scale_min.data, self.scale_max.data
        if low is None or high is None or not 0 <= low < high <= HIGHEST_POINT:
            return range(1, 6)
        return range(low, high + 1)

    def plan(self) -> RubricPlan:
        """The sheet as the rules know it: in the order of the places, without lines taken out or left empty."""
        lines = [
            (line.form.position.data or _LAST, row, line.form)
            for row, line in enumerate(self.criteria)
            if not line.form.is_removed.data and not line.form.is_empty()
        ]
        return RubricPlan(
            name=Bilingual(self.name_fr.data or "", self.name_en.data or ""),
            scale_min=self.scale_min.data or 0,
            scale_max=self.scale_max.data or 0,
            criteria=tuple(form.plan(row) for _place, row, form in sorted(lines, key=lambda line: line[:2])),
        )

    def refuse(self, violation: RuleViolation) -> None:
        """Put a rule's refusal on the field it blames, however deep it lies, or on the form."""
        field: Any = self
        for part in (violation.field or "").split("-"):
            holder = getattr(field, "form", field)
            if part.isdigit() and hasattr(holder, "entries"):
                field = holder.entries[int(part)] if int(part) < len(holder.entries) else None
            else:
                field = getattr(holder, "_fields", {}).get(part)
            if field is None:
                self.refuse_with(violation.reason)  # type: ignore[arg-type]
                return
        field.errors = [*field.errors, violation.reason]

    def refused_fields(self) -> list[Any]:
        """Every field with an error, in the order of the page."""
        found: list[Any] = [field for field in self if field is not self.criteria and field.errors]
        for line in self.criteria:
            found += [field for field in line.form if field is not line.form.anchors and field.errors]
            found += [field for anchor in line.form.anchors for field in anchor.form if field.errors]
        return found

    @property
    def is_refused(self) -> bool:
        """True when the form, or anything in it, carries an error."""
        return bool(self.form_errors or self.refused_fields())


class ChooseForm(BaseForm):
    """A batch to be scored with a version."""

    batch_id = SelectField(N_("Batch"), [InputRequired(N_("Choose a batch."))], coerce=int, validate_choice=False)

    def offer(self, batches: dict[int, str]) -> ChooseForm:
        """Fill in the batches that can take it: id -> code."""
        self.batch_id.choices = [SelectChoice(batch_id, code) for batch_id, code in batches.items()]
        return self
