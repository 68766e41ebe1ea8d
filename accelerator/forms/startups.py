"""Forms · Startups — who a startup is, and who belongs to it."""

from __future__ import annotations

from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import AnyOf, InputRequired, Length

from accelerator.forms.accounts import EMAIL_RULES
from accelerator.forms.base import BaseForm
from accelerator.forms.choices import NO, YES, kind_choices
from accelerator.kernel.enums import Sector, Stage
from accelerator.kernel.message import N_
from accelerator.rules.startups import StartupDetails


class StartupForm(BaseForm):
    """Everything a founder says of a startup."""

    siren = StringField(
        N_("SIREN"),
        [Length(max=40, message=N_("At most 40 characters."))],
        description=N_(
            "Nine digits, on your Kbis extract; a SIRET is fine too. Leave it empty if you are not registered yet."
        ),
    )
    name = StringField(
        N_("Name of the startup"),
        [InputRequired(N_("Type the name of the startup.")), Length(max=160, message=N_("At most 160 characters."))],
    )
    is_another = BooleanField(N_("It is another startup of the same name"))
    pitch = TextAreaField(
        N_("What does it do, in one sentence?"),
        [
            InputRequired(N_("Say in one sentence what the startup does.")),
            Length(max=300, message=N_("At most 300 characters.")),
        ],
        render_kw={"rows": 3},
    )
    postcode = StringField(
        N_("Postcode"),
        [InputRequired(N_("Type your postcode.")), Length(max=20, message=N_("At most 20 characters."))],
        description=N_("Where the team works. It decides your region."),
        render_kw={"inputmode": "numeric", "autocomplete": "postal-code"},
    )
    city = StringField(
        N_("Town"),
        [InputRequired(N_("Type your town.")), Length(max=120, message=N_("At most 120 characters."))],
        render_kw={"autocomplete": "address-level2"},
    )
    sector = SelectField(
        N_("Market you serve"),
        [AnyOf([sector.value for sector in Sector], message=N_("Choose a market."))],
        choices=[SelectChoice("", N_("Choose a market")), *kind_choices(Sector)],
        validate_choice=False,
    )
    stage = SelectField(
        N_("How far is the product?"),
        [AnyOf([stage.value for stage in Stage], message=N_("Choose how far the product is."))],
        choices=[SelectChoice("", N_("Choose a stage")), *kind_choices(Stage)],
        validate_choice=False,
    )
    website = StringField(
        N_("Website"),
        [Length(max=290, message=N_("This address is too long."))],
        render_kw={"inputmode": "url", "autocomplete": "url"},
    )
    women_founders = RadioField(
        N_("Is there a woman among the founders?"),
        choices=[SelectChoice(YES, N_("Yes")), SelectChoice(NO, N_("No")), SelectChoice("", N_("I prefer not to say"))],
        default="",
        validate_choice=False,
        description=N_("For statistics only; the committee does not see it."),
    )
    is_stealth = BooleanField(N_("Do not show our name in public"))
    version = HiddenField()

    def version_seen(self) -> int:
        """The version the page was drawn with; 0, which is none, where it cannot be read."""
        return whole_number(self.version.data)

    def details(self) -> StartupDetails:
        """The startup as the rules know it."""
        return StartupDetails(
            name=self.name.data or "",
            postcode=(self.postcode.data or "").replace(" ", ""),
            city=self.city.data or "",
            sector=Sector(self.sector.data),
            stage=Stage(self.stage.data),
            website=self.website.data or "",
            pitch=self.pitch.data or "",
            women_founders={YES: True, NO: False}.get(self.women_founders.data or ""),
            is_stealth=bool(self.is_stealth.data),
        )


class MemberForm(BaseForm):
    """A person to let in."""

    email = EmailField(N_("E-mail address"), EMAIL_RULES)
    name = StringField(
        N_("Name"),
        [Length(max=120, message=N_("At most 120 characters."))],
        description=N_("For the invitation, when they have no account yet."),
    )


class PersonForm(BaseForm):
    """One of the people of a startup, named by a hidden field."""

    user_id = HiddenField()

    def person(self) -> int:
        """The user id; 0 where it is none."""
        return whole_number(self.user_id.data)


def whole_number(value: object) -> int:
    """A number from a hidden field; 0 where it is none."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
