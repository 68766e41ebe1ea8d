"""Forms · Desk — what the programme team searches letters, people and the audit trail by; an invitation."""

from __future__ import annotations

from wtforms import EmailField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import AnyOf, InputRequired, Length, Optional

from accelerator.forms.accounts import EMAIL_RULES
from accelerator.forms.base import BaseForm
from accelerator.forms.choices import ChoiceField, chosen_code, chosen_region, region_choices
from accelerator.kernel.actor import RoleGrant
from accelerator.kernel.enums import LetterState, Role
from accelerator.kernel.message import LOCALES, N_

NAMED_ROLES = tuple(role for role in Role if role not in {Role.FOUNDER, Role.SYSTEM})
"""Founders open their own account; the system is nobody."""


class OutboxFilterForm(BaseForm):
    """What the address says about which letters to list."""

    state = StringField(N_("State"))
    q = StringField(N_("Address or subject"))

    def state_chosen(self) -> LetterState | None:
        """The state asked for; None for all."""
        return chosen_code(LetterState, self.state.data)

    def search(self) -> str:
        """The words searched for, at most 80 characters."""
        return (self.q.data or "")[:80]


class PeopleFilterForm(BaseForm):
    """What the address says about which people to list."""

    role = SelectField(
        N_("Role"),
        choices=[
            SelectChoice("", N_("All roles")),
            *(SelectChoice(role.value, role) for role in NAMED_ROLES),
            SelectChoice(Role.FOUNDER.value, Role.FOUNDER),
        ],
        validate_choice=False,
    )
    q = StringField(N_("Name or address"))

    def role_chosen(self) -> Role | None:
        """The role asked for; None for the whole team."""
        found = chosen_code(Role, self.role.data)
        return None if found is Role.SYSTEM else found

    def search(self) -> str:
        """The words searched for, at most 80 characters."""
        return (self.q.data or "")[:80]


class AuditFilterForm(BaseForm):
    """What the address says about which entries to list."""

    subject = StringField(N_("About"), description=N_("For example application:12, or batch for all batches."))
    person = StringField(N_("Person"))
    before = StringField(N_("Older than"))

    def subject_chosen(self) -> str:
        """The subject asked for; empty for all."""
        return (self.subject.data or "")[:80]

    def person_chosen(self) -> str:
        """The name searched for; empty for anybody."""
        return (self.person.data or "")[:80]

    def older_than(self) -> int | None:
        """The entry the page begins behind; None for the newest."""
        text = self.before.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


class InviteForm(BaseForm):
    """A person and the role to give."""

    name = StringField(
        N_("Name"),
        [InputRequired(N_("Type the person's name.")), Length(max=120, message=N_("At most 120 characters."))],
    )
    email = EmailField(N_("E-mail address"), EMAIL_RULES)
    role = ChoiceField(
        N_("Role"),
        [AnyOf([role.value for role in NAMED_ROLES], message=N_("Choose a role."))],
        choices=[SelectChoice("", N_("Choose a role")), *(SelectChoice(role.value, role) for role in NAMED_ROLES)],
    )
    region_code = ChoiceField(
        N_("Region"),
        [Optional()],
        choices=region_choices(N_("No region")),
        default="",
        description=N_("For regional coordinators only."),
    )
    locale = ChoiceField(
        N_("Language of the e-mails"),
        choices=[SelectChoice("fr", "Français"), SelectChoice("en", "English")],
        validators=[AnyOf(LOCALES, message=N_("Choose a language."))],
        default="fr",
    )

    def grants(self) -> list[RoleGrant]:
        """The role chosen, in the region chosen where the role has one."""
        role = Role(self.role.data)
        region = chosen_region(self.region_code.data) if role is Role.COORDINATOR else ""
        return [RoleGrant(role, region or None)]
