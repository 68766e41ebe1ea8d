"""Web · Public · Programmes — the calls, one call in full, and the check before an account."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from accelerator.forms.eligibility import eligibility_form
from accelerator.kernel import clock
from accelerator.queries import applications
from accelerator.queries import calls as queries
from accelerator.rules import calls as rules
from accelerator.rules import eligibility as lines
from accelerator.web.binding import page, page_number
from accelerator.web.security import current_actor, public

bp = Blueprint("programmes", __name__)


@bp.get("/calls")
@public
def calls() -> ResponseReturnValue:
    """The calls that are open or announced, then those that have closed."""
    current = queries.current() if page_number() == 1 else []
    past, pages = queries.past(page_number())
    left = {call.code: rules.time_left(call.closes_at, clock.now()) for call in current}
    return page("public/programmes/calls.html", current=current, past=past, left=left, page=page_number(), pages=pages)


@bp.get("/calls/<code>")
@public
def call(code: str) -> ResponseReturnValue:
    """One call: who, where, when, what is asked, how it is judged, and the way in."""
    found = queries.call(code)
    return page(
        "public/programmes/call.html",
        call=found,
        left=rules.time_left(found.closes_at, clock.now()),
        questions=queries.questions(found.batch_id),
        criteria=queries.criteria(found.rubric_id),
        started=applications.started_for(found.batch_id, current_actor().startup_ids),
    )


@bp.get("/calls/<code>/eligibility")
@public
def eligibility(code: str) -> ResponseReturnValue:
    """The conditions of a call as yes-or-no questions; the answers are in the address and kept nowhere."""
    found = queries.call(code)
    asked = lines.lines_of(is_rolling=found.is_rolling)
    form = eligibility_form(asked)(request.args)
    is_answered = bool(request.args.keys() & {line.code for line in asked}) and form.validate()
    checked = lines.check(asked, form.answers()) if is_answered else []
    return page("public/programmes/eligibility.html", call=found, asked=form, lines=asked, checked=checked)
