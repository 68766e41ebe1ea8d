"""Forms · Accounts — signing up and in, new passwords."""

from __future__ import annotations

from wtforms import EmailField, StringField
from wtforms.validators import Email, InputRequired, Length

from accelerator.forms.base import BaseForm
from accelerator.forms.fields import SecretField
from accelerator.kernel.message import N_

EMAIL_RULES = (
    InputRequired(N_("Type your e-mail address.")),
    Length(max=254, message=N_("This address is too long.")),
    Email(N_("This is not an e-mail address: name@example.org."), check_deliverability=False),
)


class SignInForm(BaseForm):
    """Address and password."""

    email = EmailField(N_("E-mail address"), [InputRequired(N_("Type your e-mail address.")), Length(max=254)])
    password = SecretField(N_("Password"), [InputRequired(N_("Type your password."))])


class SignUpForm(BaseForm):
    """A founder's new account."""

    name = StringField(
        N_("Your name"),
        [InputRequired(N_("Type your name.")), Length(max=120, message=N_("At most 120 characters."))],
    )
    email = EmailField(N_("E-mail address"), EMAIL_RULES)
    password = SecretField(
        N_("Choose a password"),
        [InputRequired(N_("Choose a password."))],
        description=N_("At least 12 characters. A short sentence works well."),
    )


class ForgottenForm(BaseForm):
    """The address a reset letter goes to."""

    email = EmailField(N_("E-mail address"), EMAIL_RULES)


class NewPasswordForm(BaseForm):
    """A new password, typed once; the browser can show it."""

    password = SecretField(
        N_("New password"),
        [InputRequired(N_("Choose a password."))],
        description=N_("At least 12 characters. A short sentence works well."),
    )
