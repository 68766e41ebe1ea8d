"""Web · Reviewer · Reviewing — the desk, the blind dossier beside its scorecard, stepping back, the deck."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.forms.base import BaseForm
from accelerator.forms.reviewing import ConflictForm, GiveBackForm, ReviewForm
from accelerator.kernel import clock
from accelerator.kernel.enums import AssignmentState
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.queries.interests import register
from accelerator.queries.meeting import room
from accelerator.queries.reviewing import comparison
from accelerator.queries.reviewing import desk as desks
from accelerator.queries.reviewing import dossier as dossiers
from accelerator.rules import reviewing as rules
from accelerator.services import reviewing
from accelerator.web.binding import accepted, bind, page
from accelerator.web.filters import translated
from accelerator.web.security import current_actor, permits

bp = Blueprint("reviewing", __name__)

MOST_SKIPPED = 500


@bp.get("/")
@permits(Permission.REVIEW_SUBMIT)
def desk() -> ResponseReturnValue:
    """The reviewer's own dossiers, round by round, and the next one to open."""
    rounds, meetings = desks.rounds(_reviewer_id(), clock.now()), room.open_for(_reviewer_id())
    return page("reviewer/reviewing/desk.html", rounds=rounds, meetings=meetings)


@bp.route("/assignments/<int:assignment_id>", methods=["GET", "POST"])
@permits(Permission.REVIEW_SUBMIT)
def review(assignment_id: int) -> ResponseReturnValue:
    """Read and score one dossier; sending it leads to the next one. Before the first, interests are asked for."""
    if request.method == "GET":
        if not register.has_stated(_reviewer_id()):
            return redirect(url_for("reviewer.interests.index", next=request.full_path.rstrip("?")))
        return _review_page(assignment_id)
    form = bind(ReviewForm)
    if accepted(form):
        try:
            reviewing.submit_review(
                actor=current_actor(),
                assignment_id=assignment_id,
                scores=form.scores(),
                comment=form.comment.data or "",
                advice=form.advice.data or "",
                seconds=form.worked_seconds(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            return _to_the_comparison(assignment_id) or _on_to_the_next(assignment_id, _("Review sent."))
    return _review_page(assignment_id, refused=form, card=form)


@bp.post("/assignments/<int:assignment_id>/autosave")
@permits(Permission.REVIEW_SUBMIT)
def autosave(assignment_id: int) -> ResponseReturnValue:
    """Keep what is typed so far, for the page's script; says when it was kept."""
    form = bind(ReviewForm)
    if not accepted(form):
        return {"error": translated(Message("This is too long to be kept. Shorten it."))}, 422
    try:
        saved_at = reviewing.autosave_draft(
            actor=current_actor(),
            assignment_id=assignment_id,
            scores=form.scores(),
            comment=form.comment.data or "",
            advice=form.advice.data or "",
            seconds=form.worked_seconds(),
        )
    except RuleViolation as violation:
        return {"error": translated(violation.reason)}, 422
    return {"stamp": saved_at.timestamp()}


@bp.post("/assignments/<int:assignment_id>/conflict")
@permits(Permission.REVIEW_SUBMIT)
def declare_conflict(assignment_id: int) -> ResponseReturnValue:
    """Say what ties the reviewer to the startup; the dossier leaves the desk at once."""
    form = bind(ConflictForm)
    if accepted(form):
        try:
            reviewing.declare_conflict(
                actor=current_actor(), assignment_id=assignment_id, reason=form.conflict_reason.data
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            return _on_to_the_next(assignment_id, _("Thank you. This dossier has left your desk."))
    return _review_page(assignment_id, refused=form, conflict_form=form)


@bp.post("/assignments/<int:assignment_id>/give-back")
@permits(Permission.REVIEW_SUBMIT)
def give_back(assignment_id: int) -> ResponseReturnValue:
    """Hand a dossier back with a reason."""
    form = bind(GiveBackForm)
    if accepted(form):
        try:
            reviewing.give_back(actor=current_actor(), assignment_id=assignment_id, reason=form.give_back_reason.data)
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            return _on_to_the_next(assignment_id, _("The dossier is given back. The programme team has been told."))
    return _review_page(assignment_id, refused=form, give_back_form=form)


@bp.get("/assignments/<int:assignment_id>/deck")
@permits(Permission.REVIEW_SUBMIT)
def deck(assignment_id: int) -> ResponseReturnValue:
    """The deck under a neutral name; the audit trail says who opened it."""
    path, name = reviewing.open_deck(actor=current_actor(), assignment_id=assignment_id)
    return send_file(path, mimetype="application/pdf", as_attachment=True, download_name=name)


def _reviewer_id() -> int:
    return current_actor().user_id or 0


def _review_page(
    assignment_id: int,
    *,
    refused: BaseForm | None = None,
    card: ReviewForm | None = None,
    conflict_form: ConflictForm | None = None,
    give_back_form: GiveBackForm | None = None,
) -> ResponseReturnValue:
    """The dossier with its three forms; those not posted show what is stored."""
    dossier = dossiers.dossier(assignment_id, _reviewer_id(), clock.now())
    sitting, skipped = desks.sitting(_reviewer_id(), dossier.batch_id), _skipped()
    if request.method == "GET" and dossier.is_held_back and dossier.state is AssignmentState.OPEN:
        flash(translated(dossier.verdict.reason))
        return redirect(url_for(".review", assignment_id=sitting.open_ids[0]))
    behind = [*(id_ for id_ in skipped if id_ != assignment_id), assignment_id]
    return page(
        "reviewer/reviewing/review.html",
        form=refused,
        card=card or ReviewForm(data=_own_words(dossier.own)),
        conflict_form=conflict_form or ConflictForm(),
        give_back_form=give_back_form or GiveBackForm(),
        dossier=dossier,
        sitting=sitting,
        skipped=_listed(skipped),
        skip_to=rules.next_up(sitting.open_ids, skipped, assignment_id),
        skipping=_listed(behind),
    )


def _own_words(own: dossiers.OwnOpinion) -> dict[str, object]:
    return {"comment": own.comment, "advice": own.advice, "scores": own.scores}


def _on_to_the_next(assignment_id: int, notice: str) -> ResponseReturnValue:
    open_ids, skipped = desks.open_ids(_reviewer_id(), beside=assignment_id), _skipped()
    following = rules.next_up(open_ids, skipped, assignment_id)
    flash(notice)
    if following is None:
        return redirect(url_for(".desk"))
    return redirect(url_for(".review", assignment_id=following, skipped=_listed(skipped)))


def _to_the_comparison(assignment_id: int) -> ResponseReturnValue | None:
    """After the last calibration dossier, to the page that compares; the form of one says that it is one."""
    if "calibration" not in request.args or not (code := comparison.find_finished(_reviewer_id(), assignment_id)):
        return None
    flash(_("Review sent. Your calibration dossiers are done: here is how you scored beside the group."))
    return redirect(url_for("reviewer.calibration.show", code=code))


def _skipped() -> list[int]:
    """The dossiers put at the end in this sitting, in the order they were skipped; the address remembers them."""
    parts = request.args.get("skipped", "").split(",")[:MOST_SKIPPED]
    return list(dict.fromkeys(int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < 12))


def _listed(ids: list[int]) -> str | None:
    return ",".join(map(str, ids)) or None
