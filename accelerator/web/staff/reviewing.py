"""Web · Staff · Reviewing — the committee, handing dossiers out, watching how it goes, one dossier by hand."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from accelerator.forms.reviewing import CapacityForm, FieldsForm, GiveForm, ReviewerForm, TakeForm, WishesForm
from accelerator.kernel import clock
from accelerator.kernel.enums import InvitationState
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.queries import batches
from accelerator.queries.batches import BatchSummary
from accelerator.queries.reviewing import committee as committees
from accelerator.queries.reviewing import coverage as coverages
from accelerator.queries.reviewing import looking, studio
from accelerator.queries.reviewing.committee import CommitteePage
from accelerator.rules import reviewing as rules
from accelerator.rules.assignment.wishes import Wishes
from accelerator.services import reviewing
from accelerator.web.binding import accepted, asked, bind, bind_query, page, page_number, request_key
from accelerator.web.security import current_actor, permits

bp = Blueprint("reviewing", __name__)

USUAL_CAPACITY = 12


@bp.route("/batches/<code>/reviewers", methods=["GET", "POST"])
@permits(Permission.REVIEWING_MANAGE)
def committee(code: str) -> ResponseReturnValue:
    """Who was asked, who has accepted, limits and loads; ask one more person."""
    batch, form = _batch(code), bind(ReviewerForm, capacity=USUAL_CAPACITY)
    if accepted(form):
        try:
            _name_reviewer(batch, form)
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("Invited. An e-mail is on its way; dossiers come once it is accepted."))
            return redirect(url_for(".committee", code=code))
    return page(
        "staff/reviewing/committee.html",
        form=form,
        batch=batch,
        found=_committee_page(batch, page_number()),
        conflicts=committees.conflict_counts(batch.id),
        page_now=page_number(),
        known=committees.known_reviewers(batch.id),
    )


@bp.post("/batches/<code>/reviewers/<int:user_id>/capacity")
@permits(Permission.REVIEWING_MANAGE)
def set_capacity(code: str, user_id: int) -> ResponseReturnValue:
    """Agree another limit with a reviewer."""
    form = bind(CapacityForm)
    if not accepted(form):
        raise RuleViolation(Message("A limit is a whole number from 0 to 500."))
    reviewing.set_capacity(
        actor=current_actor(), batch_id=_batch(code).id, user_id=user_id, capacity=form.capacity.data
    )
    flash(_("The limit is changed."))
    return redirect(url_for(".committee", code=code))


@bp.route("/batches/<code>/reviewers/<int:user_id>/fields", methods=["GET", "POST"])
@permits(Permission.REVIEWING_MANAGE)
def set_fields(code: str, user_id: int) -> ResponseReturnValue:
    """The sectors and regions a reviewer knows well."""
    batch = _batch(code)
    member = committees.fields(batch.id, user_id)
    form = bind(FieldsForm, topics=list(member.topics), regions=list(member.regions))
    if accepted(form):
        reviewing.set_fields(
            actor=current_actor(),
            batch_id=batch.id,
            user_id=user_id,
            topics=form.sectors(),
            regions=form.regions.data or (),
        )
        flash(_("What %(name)s knows well is noted.", name=member.name))
        return redirect(url_for(".committee", code=code))
    return page("staff/reviewing/set_fields.html", form=form, batch=batch, user_id=user_id, name=member.name)


@bp.post("/batches/<code>/reviewers/<int:user_id>/remove")
@permits(Permission.REVIEWING_MANAGE)
def remove(code: str, user_id: int) -> ResponseReturnValue:
    """Take a person off the committee; open dossiers go back."""
    returned = reviewing.remove_reviewer(actor=current_actor(), batch_id=_batch(code).id, user_id=user_id)
    flash(
        ngettext(
            "Off the committee. %(num)s dossier went back.", "Off the committee. %(num)s dossiers went back.", returned
        )
    )
    return redirect(url_for(".committee", code=code))


@bp.post("/batches/<code>/reviewers/<int:user_id>/invite-again")
@permits(Permission.REVIEWING_MANAGE)
def remind_invited(code: str, user_id: int) -> ResponseReturnValue:
    """Write once more to somebody who has not answered."""
    reviewing.remind_invited(actor=current_actor(), batch_id=_batch(code).id, user_id=user_id)
    flash(_("A reminder is on its way."))
    return redirect(url_for(".committee", code=code))


@bp.post("/batches/<code>/reviewers/<int:user_id>/withdraw")
@permits(Permission.REVIEWING_MANAGE)
def withdraw(code: str, user_id: int) -> ResponseReturnValue:
    """Take an invitation back, or a declined one off the list."""
    reviewing.remove_reviewer(actor=current_actor(), batch_id=_batch(code).id, user_id=user_id)
    flash(_("The invitation is withdrawn."))
    return redirect(url_for(".committee", code=code))


@bp.get("/batches/<code>/reviewers/assign")
@permits(Permission.REVIEWING_MANAGE)
def assign(code: str) -> ResponseReturnValue:
    """What confirming would assign; nothing is stored by looking."""
    return _assign_page(_batch(code))


@bp.post("/batches/<code>/reviewers/assign")
@permits(Permission.REVIEWING_MANAGE)
def confirm(code: str) -> ResponseReturnValue:
    """Make the plan that was looked at true."""
    batch = _batch(code)
    try:
        count = reviewing.confirm_assignment(
            actor=current_actor(),
            batch_id=batch.id,
            fingerprint=request.form.get("fingerprint", ""),
            asked=wishes(batch),
            request_key=request_key(),
        )
    except (Conflict, RuleViolation) as refusal:
        return _assign_page(batch, refusal.reason), 409 if isinstance(refusal, Conflict) else 422
    flash(ngettext("%(num)s review is assigned.", "%(num)s reviews are assigned.", count))
    return redirect(url_for(".progress", code=code))


@bp.post("/batches/<code>/reviewers/undo")
@permits(Permission.REVIEWING_MANAGE)
def undo(code: str) -> ResponseReturnValue:
    """Take the last hand-out back while nobody has started on it."""
    batch = _batch(code)
    try:
        undone = reviewing.undo_assignment(
            actor=current_actor(), batch_id=batch.id, assigned_at=_instant(request.form.get("assigned_at", ""))
        )
    except (Conflict, RuleViolation) as refusal:
        return _assign_page(batch, refusal.reason), 409 if isinstance(refusal, Conflict) else 422
    flash(ngettext("%(num)s assignment is undone.", "%(num)s assignments are undone.", undone))
    return redirect(url_for(".assign", code=code))


@bp.get("/batches/<code>/reviewers/progress")
@permits(Permission.REVIEWING_MANAGE)
def progress(code: str) -> ResponseReturnValue:
    """How far each reviewer and each application is, and who will be late."""
    return _progress_page(_batch(code))


@bp.post("/batches/<code>/reviewers/<int:user_id>/remind")
@permits(Permission.REVIEWING_MANAGE)
def remind(code: str, user_id: int) -> ResponseReturnValue:
    """Write to one reviewer who has dossiers left."""
    batch = _batch(code)
    try:
        reviewing.remind(actor=current_actor(), batch_id=batch.id, user_id=user_id)
    except RuleViolation as refusal:
        return _progress_page(batch, refusal.reason), 422
    flash(_("A reminder is on its way."))
    return redirect(url_for(".progress", code=code))


@bp.post("/batches/<code>/reviewers/remind")
@permits(Permission.REVIEWING_MANAGE)
def remind_all(code: str) -> ResponseReturnValue:
    """Write to everybody who has dossiers left."""
    batch = _batch(code)
    try:
        count = reviewing.remind_all(actor=current_actor(), batch_id=batch.id)
    except RuleViolation as refusal:
        return _progress_page(batch, refusal.reason), 422
    flash(ngettext("%(num)s reminder is on its way.", "%(num)s reminders are on their way.", count))
    return redirect(url_for(".progress", code=code))


@bp.post("/batches/<code>/reviewers/offer")
@permits(Permission.REVIEWING_MANAGE)
def offer_stalled(code: str) -> ResponseReturnValue:
    """Offer what reviewers will not get to in time to the others."""
    batch = _batch(code)
    try:
        count = reviewing.offer_stalled(actor=current_actor(), batch_id=batch.id)
    except RuleViolation as refusal:
        return _progress_page(batch, refusal.reason), 422
    flash(
        ngettext(
            "%(num)s dossier is offered to the other reviewers.",
            "%(num)s dossiers are offered to the other reviewers.",
            count,
        )
    )
    return redirect(url_for(".progress", code=code))


@bp.route("/batches/<code>/reviewers/applications/<int:application_id>", methods=["GET", "POST"])
@permits(Permission.REVIEWING_MANAGE)
def hand_out(code: str, application_id: int) -> ResponseReturnValue:
    """Who reviews one application; give it to somebody else, or to one more."""
    batch = _batch(code)
    found, form = coverages.hand_out(batch.id, application_id), bind(GiveForm)
    form.offer(found.takers, found.movable)
    if accepted(form):
        try:
            reviewing.give(
                actor=current_actor(),
                batch_id=batch.id,
                application_id=application_id,
                to_user_id=form.to.data,
                from_assignment_id=form.moved_from(),
                reason=(form.reason.data or "").strip(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("The dossier is assigned. The reviewer has been told."))
            return redirect(url_for(".hand_out", code=code, application_id=application_id))
    return page("staff/reviewing/hand_out.html", form=form, batch=batch, found=found, take_form=TakeForm())


@bp.post("/batches/<code>/reviewers/applications/<int:application_id>/<int:assignment_id>/take")
@permits(Permission.REVIEWING_MANAGE)
def take_away(code: str, application_id: int, assignment_id: int) -> ResponseReturnValue:
    """Take one dossier off a reviewer's desk, with the reason."""
    form = bind(TakeForm)
    if not accepted(form):
        raise RuleViolation(Message("Write why the dossier is taken away, in at most 300 characters."))
    reviewing.take_away(
        actor=current_actor(),
        batch_id=_batch(code).id,
        application_id=application_id,
        assignment_id=assignment_id,
        reason=form.reason.data,
    )
    flash(_("The dossier is taken away."))
    return redirect(url_for(".hand_out", code=code, application_id=application_id))


def wishes(batch: BatchSummary) -> Wishes:
    """What the address asks of a hand-out."""
    return bind_query(WishesForm).wishes(batch.reviews_per_application)


def _batch(code: str) -> BatchSummary:
    return batches.batch(code, clock.now())


def _committee_page(
    batch: BatchSummary, number: int, states: tuple[InvitationState, ...] = tuple(InvitationState)
) -> CommitteePage:
    return committees.committee(
        batch.id,
        due_at=batch.reviews_due_at,
        per_application=batch.reviews_per_application,
        now=clock.now(),
        page=number,
        states=states,
    )


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Conflict(Message("Another assignment was made meanwhile. Reload the page and look again.")) from None


def _name_reviewer(batch: BatchSummary, form: ReviewerForm) -> None:
    reviewing.name_reviewer(
        actor=current_actor(),
        batch_id=batch.id,
        email=form.email.data,
        name=form.name.data or "",
        capacity=form.capacity.data,
        request_key=request_key(),
    )


def _assign_page(batch: BatchSummary, refusal: str = "") -> str:
    form = bind_query(WishesForm)
    wanted = form.wishes(batch.reviews_per_application)
    found = studio.studio(batch.id, wanted)
    return str(
        page(
            "staff/reviewing/assign.html",
            batch=batch,
            refusal=refusal,
            verdict=rules.can_assign(batch.state, batch.rubric_id is not None, batch.reviews_due_at, clock.now()),
            wishes=wanted,
            wishes_form=form,
            asked=asked(form),
            studio=found,
            preview=found.preview,
            wave=committees.find_last_wave(batch.id),
        )[0]  # type: ignore[index]
    )


def _progress_page(batch: BatchSummary, refusal: str = "") -> str:
    number = page_number()
    return str(
        page(
            "staff/reviewing/progress.html",
            batch=batch,
            refusal=refusal,
            is_open=rules.is_round_open(batch.state, batch.reviews_due_at, clock.now()),
            found=_committee_page(batch, number, (InvitationState.ACCEPTED,)),
            out_of_reach=looking.out_of_reach(batch.id, due_at=batch.reviews_due_at, now=clock.now()),
            coverage=coverages.coverage(batch.id, batch.reviews_per_application, page=number),
            page_now=number,
        )[0]  # type: ignore[index]
    )
