"""Services · Portfolio — the rules a cohort is chosen under, the proposal they lead to, one startup moved at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import Outcome, PortfolioRuleKind
from accelerator.kernel.errors import Conflict, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.portfolio import PortfolioRule
from accelerator.queries import portfolio as queries
from accelerator.queries import rankings
from accelerator.queries import selection as selection_queries
from accelerator.rules import portfolio as rules
from accelerator.rules import selection as selection_rules
from accelerator.rules.selection import MAX_REASON, Choice
from accelerator.services import audit, request_keys
from accelerator.services.selection import batch_in_review, refuse_stale, store_choices
from accelerator.services.transaction import transaction


def add_rule(
    *,
    actor: Actor,
    code: str,
    kind: PortfolioRuleKind,
    version: str,
    trait: tuple[str, str] = ("", ""),
    bound: int = 0,
    names: Sequence[str] = (),
    request_key: str = "",
) -> int:
    """Set a rule for a batch; one about the same thing is replaced, so that a bound can be changed. Its id.

    Args:   version names the rules the manager saw (`rules.version_of`); trait is an attribute and its value; names
            are the startups named, each by its name or its rank.
    Raises: NotAllowed, NotFound, RuleViolation, Conflict when somebody changed the rules meanwhile or the batch is not
            in review.
    """
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        batch = batch_in_review(actor, code)
        stored = queries.rules(batch.id)
        _refuse_stale_rules(stored, version)
        named = [_named(batch.id, name, field) for name, field in zip(names, ("first", "second"), strict=False)]
        rule = rules.Rule(0, kind, *trait, bound, tuple(sorted(named)))
        rules.refuse_malformed(rule, {one.code: one.values for one in rules.ATTRIBUTES})
        row = db.session.scalar(
            select(PortfolioRule).where(PortfolioRule.batch_id == batch.id, PortfolioRule.key == rules.key_of(rule))
        )
        if row is None:
            if len(stored) >= rules.MOST_RULES:
                raise RuleViolation(Message("A batch has at most %(count)s rules.", count=rules.MOST_RULES))
            first, second = [*rule.applications, None, None][:2]
            row = PortfolioRule(
                batch_id=batch.id,
                key=rules.key_of(rule),
                kind=kind,
                attribute=rule.attribute,
                value=rule.value,
                first_application_id=first,
                second_application_id=second,
            )
            db.session.add(row)
        row.bound, row.set_by_user_id, row.set_at = bound, actor.user_id, clock.now()
        db.session.flush()
        request_keys.keep(actor, request_key, row.id)
        audit.record(actor, "set a portfolio rule", f"batch:{batch.id}", rule=row.key, bound=bound)
        return row.id


def drop_rule(*, actor: Actor, code: str, rule_id: int, version: str) -> None:
    """Take a rule of a batch away.

    Raises: NotAllowed, NotFound, Conflict as `add_rule`.
    """
    with transaction():
        batch = batch_in_review(actor, code)
        row = db.session.scalar(
            select(PortfolioRule).where(PortfolioRule.batch_id == batch.id, PortfolioRule.id == rule_id)
        )
        if row is None:
            raise NotFound(Message("This rule is no longer there."))
        _refuse_stale_rules(queries.rules(batch.id), version)
        audit.record(actor, "dropped a portfolio rule", f"batch:{batch.id}", rule=row.key, bound=row.bound)
        db.session.delete(row)


def propose_under_rules(
    *, actor: Actor, code: str, version: str, rules_version: str, say: Callable[[Message], str] = str
) -> int:
    """Prepare the best cohort under the rules and its waitlist, instead of what was, each departure with its reason.

    Args:    say puts a reason into the words of the person who will answer for it.
    Returns: how many are admitted.
    Raises:  NotAllowed, NotFound, RuleViolation without a ranking or when the rules contradict each other, Conflict when
             choices or rules changed meanwhile or the batch is not in review.
    """
    with transaction():
        batch = batch_in_review(actor, code)
        stored = selection_queries.choices(batch.id)
        refuse_stale(stored, version)
        asked = queries.rules(batch.id)
        _refuse_stale_rules(asked, rules_version)
        found = queries.choice(batch.id, asked, batch.places - batch.places_taken)
        names = rankings.names_of(sorted({one for rule in asked for one in rule.applications}))
        if found.contradiction is not None:
            raise RuleViolation(rules.contradiction_words(found.contradiction, names))
        if not found.chosen and not found.waitlist:
            raise RuleViolation(Message("There is no ranking yet: no review has been submitted."))
        told = {
            one: say(rules.reason_words(reason, names))[:MAX_REASON]
            for one, reason in found.reasons.items()
            if reason.rules
        }
        prepared = _as_choices(found, told)
        store_choices(actor, batch.id, prepared)
        before = [[choice.application_id, str(choice.outcome), choice.reason] for choice in stored[:200]]
        audit.record(
            actor,
            "proposed choices under the portfolio rules",
            f"batch:{batch.id}",
            rules=queries.frozen_rules(batch.id),
            instead_of=before,
        )
        return len(found.chosen)


def move_application(
    *, actor: Actor, code: str, application_id: int, outcome: Outcome, version: str, position: int | None = None
) -> int:
    """Put one application among the admitted, on the waitlist or with the rest. How many choices owe a reason now.

    A second press of one button finds the application where it wants it, and changes nothing.

    Args:   position is the place on the waitlist, counted from 1; without it, the last.
    Raises: NotAllowed, NotFound, Conflict when somebody saved meanwhile or the batch is not in review.
    """
    with transaction():
        batch = batch_in_review(actor, code)
        stored = selection_queries.choices(batch.id)
        known = set(selection_queries.candidate_ids(batch.id))
        if application_id not in known:
            raise NotFound(Message("There is no such application in this batch."))
        own = next((choice for choice in stored if choice.application_id == application_id), None)
        prepared = stored
        if own is None or own.outcome is not outcome or position not in (None, own.position):
            refuse_stale(stored, version)
            kept = [choice for choice in stored if choice.application_id in known]
            prepared = selection_rules.moved(kept, application_id, outcome, position)
            store_choices(actor, batch.id, prepared)
            audit.record(
                actor,
                "moved on the composition board",
                f"application:{application_id}",
                to=str(outcome),
                position=position,
                before=[str(own.outcome), own.position, own.reason] if own else None,
            )
        reasons = {choice.application_id: choice.reason for choice in prepared}
        return sum(not reasons.get(one) for one in selection_queries.departures(batch.id, prepared))


def _named(batch_id: int, text: str, field: str) -> int:
    found = queries.find_candidates(batch_id, text.strip()) if text.strip() else []
    if not text.strip():
        raise RuleViolation(Message("Choose the startup the rule names."), field=field)
    if not found:
        raise RuleViolation(Message("No candidate has this name or rank."), field=field)
    if len(found) > 1:
        raise RuleViolation(Message("Several candidates have this name: give the rank instead."), field=field)
    return found[0]


def _refuse_stale_rules(stored: Sequence[rules.Rule], version: str) -> None:
    if rules.version_of(stored) != version:
        raise Conflict(Message("Somebody else changed the rules meanwhile. Look again, and repeat."))


def _as_choices(found: rules.Choice, told: dict[int, str]) -> list[Choice]:
    """The cohort, its waitlist, and with a refusal those passed over who are on neither."""
    admitted = [Choice(one, Outcome.ADMIT, None, told.get(one, "")) for one in found.chosen]
    waiting = [
        Choice(one, Outcome.WAITLIST, position, told.get(one, ""))
        for position, one in enumerate(found.waitlist, start=1)
    ]
    placed = {*found.chosen, *found.waitlist}
    refused = [Choice(one, Outcome.REFUSE, None, told.get(one, "")) for one in found.reasons if one not in placed]
    return [*admitted, *waiting, *refused]
