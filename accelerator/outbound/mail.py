"""Outbound · Mail — one message to one address, by SMTP or into `instance/letters` where no server is set."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from email.policy import SMTP

from accelerator.outbound import settings


class Refused(Exception):
    """The server will never take this message (a 5xx answer)."""


class Unavailable(Exception):
    """The server did not take it this time."""


def send(*, message_id: str, to: str, subject: str, body: str) -> None:
    """Hand the message over.

    Raises: Refused when trying again is useless, Unavailable when it is not.
    """
    message = EmailMessage(policy=SMTP)
    try:
        message["Message-ID"] = message_id
        message["From"] = settings.mail_from
        message["To"] = to
        message["Subject"] = subject
        message.set_content(body)
    except ValueError as error:
        raise Refused(str(error)) from error
    if not settings.mail_host:
        folder = settings.instance / "letters"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{message_id.strip('<>').split('@')[0]}.eml").write_bytes(message.as_bytes())
        return
    try:
        with smtplib.SMTP(settings.mail_host, settings.mail_port, timeout=20) as server:
            if settings.mail_tls:
                server.starttls()
            if settings.mail_user:
                server.login(settings.mail_user, settings.mail_password)
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise (Refused if code >= 500 else Unavailable)(str(error)) from error
    except smtplib.SMTPResponseException as error:
        raise (Refused if error.smtp_code >= 500 else Unavailable)(str(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(str(error)) from error
