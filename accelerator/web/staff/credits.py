"""Web · Staff · Credits — pools, allocations to batches, grants to startups, the ledger."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from accelerator.forms.credits import AllocateForm, GrantForm, PoolForm, ReturnForm, ReverseForm, TopUpForm
from accelerator.kernel import clock
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.queries import credits as queries
from accelerator.queries import ledger as ledger_queries
from accelerator.queries import usage as usage_queries
from accelerator.queries.credits import AllocationRow
from accelerator.services import credit_returns, credits, ledger
from accelerator.web.binding import accepted, bind, page, page_number, request_key
from accelerator.web.filters import PROGRAMME_ZONE, translated
from accelerator.web.security import current_actor, permits

bp = Blueprint("credits", __name__)


@bp.get("/credits")
@permits(Permission.CREDIT_READ)
def pools() -> ResponseReturnValue:
    """Every pool with its figures."""
    return page("staff/credits/pools.html", pools=queries.pools())


@bp.route("/credits/pools/new", methods=["GET", "POST"])
@permits(Permission.CREDIT_MANAGE)
def new_pool() -> ResponseReturnValue:
    """Open a pool."""
    form = bind(PoolForm, starts_on=clock.today_in(PROGRAMME_ZONE))
    if accepted(form):
        try:
            pool_id = credits.fund_pool(
                actor=current_actor(),
                sponsor=form.sponsor.data,
                name=form.name.data,
                provider=form.provider.data,
                ceiling=form.ceiling(),
                starts_on=form.starts_on.data,
                ends_on=form.ends_on.data,
                request_key=request_key(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("The pool is open."))
            return redirect(url_for(".pool", pool_id=pool_id))
    return page("staff/credits/new_pool.html", form=form, sponsors=queries.sponsors())


@bp.get("/credits/pools/<int:pool_id>")
@permits(Permission.CREDIT_READ)
def pool(pool_id: int) -> ResponseReturnValue:
    """One pool: its figures, its allocations, its ledger."""
    found = queries.pool(pool_id)
    postings, pages = ledger_queries.postings(pool_id=pool_id, page=page_number())
    return page(
        "staff/credits/pool.html",
        pool=found,
        allocations=queries.allocations(pool_id),
        postings=postings,
        page=page_number(),
        pages=pages,
    )


@bp.route("/credits/pools/<int:pool_id>/top-up", methods=["GET", "POST"])
@permits(Permission.CREDIT_MANAGE)
def top_up(pool_id: int) -> ResponseReturnValue:
    """Raise a pool's ceiling."""
    found, form = queries.pool(pool_id), bind(TopUpForm)
    if accepted(form):
        try:
            credits.top_up_pool(
                actor=current_actor(),
                pool_id=pool_id,
                amount_minor=form.amount_minor(),
                memo=form.memo.data or "",
                request_key=request_key(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("The pool has more credits."))
            return redirect(url_for(".pool", pool_id=pool_id))
    return page("staff/credits/top_up.html", form=form, pool=found)


@bp.route("/credits/pools/<int:pool_id>/allocate", methods=["GET", "POST"])
@permits(Permission.CREDIT_MANAGE)
def allocate(pool_id: int) -> ResponseReturnValue:
    """Set credits aside for a batch."""
    found, form = queries.pool(pool_id), bind(AllocateForm)
    form.offer_batches([(batch_id, translated(name)) for batch_id, name in queries.batches()])
    if accepted(form):
        try:
            allocation_id = credits.allocate(
                actor=current_actor(),
                pool_id=pool_id,
                batch_id=form.batch_id.data,
                amount_minor=form.amount_minor(),
                request_key=request_key(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("The credits are set aside for this batch."))
            return redirect(url_for(".allocation", allocation_id=allocation_id))
    return page("staff/credits/allocate.html", form=form, pool=found)


@bp.get("/credits/allocations/<int:allocation_id>")
@permits(Permission.CREDIT_READ)
def allocation(allocation_id: int) -> ResponseReturnValue:
    """The batch's accepted startups, with and without a grant."""
    found = queries.allocation(allocation_id)
    grantees = queries.grantees(allocation_id)
    return page(
        "staff/credits/allocation.html",
        allocation=found,
        grantees=grantees,
        waiting=sum(1 for grantee in grantees if grantee.grant is None),
    )


@bp.route("/credits/allocations/<int:allocation_id>/return", methods=["GET", "POST"])
@permits(Permission.CREDIT_MANAGE)
def return_allocation(allocation_id: int) -> ResponseReturnValue:
    """Give what a batch does not need back to the pool."""
    found, form = queries.allocation(allocation_id), bind(ReturnForm)
    if accepted(form):
        try:
            credit_returns.return_allocation(
                actor=current_actor(),
                allocation_id=allocation_id,
                amount_minor=form.amount_minor(),
                reason=form.reason.data,
                request_key=request_key(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("The credits are back in the pool."))
            return redirect(url_for(".allocation", allocation_id=allocation_id))
    return page("staff/credits/return_allocation.html", form=form, allocation=found)


def _grant_form(found: AllocationRow) -> GrantForm:
    """Dates within the pool: from today to its last day."""
    first = max(clock.today_in(PROGRAMME_ZONE), found.pool_starts_on)
    return bind(GrantForm, starts_on=first, expires_on=found.pool_ends_on)


@bp.route("/credits/allocations/<int:allocation_id>/startups/<int:startup_id>", methods=["GET", "POST"])
@permits(Permission.CREDIT_MANAGE)
def grant_one(allocation_id: int, startup_id: int) -> ResponseReturnValue:
    """Award credits to one startup of the batch."""
    found = queries.allocation(allocation_id)
    grantee = next((one for one in queries.grantees(allocation_id) if one.startup_id == startup_id), None)
    if grantee is None:
        raise NotFound(Message("This startup has not accepted a place in this batch."))
    form = _grant_form(found)
    if accepted(form):
        try:
            credits.grant(
                actor=current_actor(),
                allocation_id=allocation_id,
                startup_id=startup_id,
                amount_minor=form.amount_minor(),
                starts_on=form.starts_on.data,
                expires_on=form.expires_on.data,
                request_key=request_key(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("%(startup)s has its credits. An e-mail tells its people.", startup=grantee.name))
            return redirect(url_for(".allocation", allocation_id=allocation_id))
    return page("staff/credits/grant_one.html", form=form, allocation=found, grantee=grantee)


def _everyone_page(allocation_id: int, form: GrantForm, recap: credits.Recap | None = None) -> ResponseReturnValue:
    return page(
        "staff/credits/grant_all.html",
        form=form,
        allocation=queries.allocation(allocation_id),
        waiting=[one for one in queries.grantees(allocation_id) if one.grant is None],
        recap=recap,
    )


@bp.route("/credits/allocations/<int:allocation_id>/everyone", methods=["GET", "POST"])
@permits(Permission.CREDIT_MANAGE)
def grant_all(allocation_id: int) -> ResponseReturnValue:
    """The same amount for every accepted startup without a grant: the recap before the act."""
    form, recap = _grant_form(queries.allocation(allocation_id)), None
    if accepted(form):
        try:
            recap = credits.preview_cohort(
                actor=current_actor(),
                allocation_id=allocation_id,
                amount_minor=form.amount_minor(),
                starts_on=form.starts_on.data,
                expires_on=form.expires_on.data,
            )
        except RuleViolation as violation:
            form.refuse(violation)
    return _everyone_page(allocation_id, form, recap)


@bp.post("/credits/allocations/<int:allocation_id>/everyone/confirm")
@permits(Permission.CREDIT_MANAGE)
def confirm_all(allocation_id: int) -> ResponseReturnValue:
    """Award what the recap showed."""
    form = _grant_form(queries.allocation(allocation_id))
    if accepted(form):
        try:
            count = credits.grant_to_cohort(
                actor=current_actor(),
                allocation_id=allocation_id,
                amount_minor=form.amount_minor(),
                starts_on=form.starts_on.data,
                expires_on=form.expires_on.data,
                expected_startups=form.startups(),
                request_key=request_key(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(ngettext("%(num)s startup has its credits.", "%(num)s startups have their credits.", count))
            return redirect(url_for(".allocation", allocation_id=allocation_id))
    return _everyone_page(allocation_id, form)


@bp.get("/credits/grants/<int:grant_id>")
@permits(Permission.CREDIT_READ)
def grant(grant_id: int) -> ResponseReturnValue:
    """One grant: its figures, its accounts, its ledger."""
    found = queries.grant(grant_id)
    postings, pages = ledger_queries.postings_of_grant(grant_id, found.pool_id, page=page_number())
    return page(
        "staff/credits/grant.html",
        grant=found,
        accounts=usage_queries.linked_accounts(found.startup_id),
        postings=postings,
        page=page_number(),
        pages=pages,
    )


@bp.route("/credits/grants/<int:grant_id>/return", methods=["GET", "POST"])
@permits(Permission.CREDIT_MANAGE)
def return_unused(grant_id: int) -> ResponseReturnValue:
    """Give unused credits back to the batch."""
    found, form = queries.grant(grant_id), bind(ReturnForm)
    if accepted(form):
        try:
            credit_returns.return_unused(
                actor=current_actor(),
                grant_id=grant_id,
                amount_minor=form.amount_minor(),
                reason=form.reason.data,
                request_key=request_key(),
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("The credits are back with the batch."))
            return redirect(url_for(".grant", grant_id=grant_id))
    return page("staff/credits/return_unused.html", form=form, grant=found)


@bp.route("/credits/postings/<int:posting_id>/reverse", methods=["GET", "POST"])
@permits(Permission.CREDIT_MANAGE)
def reverse(posting_id: int) -> ResponseReturnValue:
    """Undo one posting, with the reason."""
    found, form = ledger_queries.posting(posting_id), bind(ReverseForm)
    if accepted(form):
        try:
            ledger.reverse_posting(
                actor=current_actor(), posting_id=posting_id, reason=form.reason.data, request_key=request_key()
            )
        except RuleViolation as violation:
            form.refuse(violation)
        else:
            flash(_("The posting is reversed. Both stay in the ledger."))
            return redirect(url_for(".pool", pool_id=found.pool_id))
    return page("staff/credits/reverse.html", form=form, posting=found)
