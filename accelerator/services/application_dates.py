"""Services · Application dates — what comes next for an applicant, as a calendar file."""

from __future__ import annotations

from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.outbound import calendar
from accelerator.outbound.calendar import Day
from accelerator.queries import applications as queries


def dates_file(*, actor: Actor, application_id: int, locale: str) -> bytes:
    """The decision day, the first and the last day of the programme, for one's own calendar.

    Raises: NotFound to strangers, and for a rolling call, which has no such days.
    """
    call = queries.dossier(actor.user_id, application_id).application.call
    if call.is_rolling:
        raise NotFound(Message("This call has no dates to note: applications are answered as they come."))
    name = call.name.text_in(locale)
    days = (
        ("decides", call.decides_on, Bilingual(f"Décision : {name}", f"Decision: {name}")),
        ("starts", call.starts_on, Bilingual(f"Premier jour : {name}", f"First day: {name}")),
        ("ends", call.ends_on, Bilingual(f"Dernier jour : {name}", f"Last day: {name}")),
    )
    path = f"/my/applications/{application_id}"
    return calendar.days_file(
        [
            Day(f"application-{application_id}-{key}@accelerator", on, title.text_in(locale), path)
            for key, on, title in days
        ],
        stamped_at=clock.now(),
    )
