"""Services · Feedback — what the refused are told: proposed from the scores, written by a manager, put in the draft.

The text is in the language of the person who gets the e-mail. Once that e-mail is on its way, it stays.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import insert, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import Outcome
from accelerator.kernel.errors import Conflict
from accelerator.kernel.message import Message
from accelerator.models.feedback import ApplicationFeedback
from accelerator.models.programmes import Batch
from accelerator.outbound import letters as letter_text
from accelerator.queries import decision_letters as letter_queries
from accelerator.queries import feedback as queries
from accelerator.rules import feedback as rules
from accelerator.services import audit, decision_letters, request_keys
from accelerator.services.transaction import changed_rows, transaction

LEFT = Message("The e-mail has left: what it says stays as it is.")


def proposed(
    batch_id: int, application_ids: Sequence[int], *, quoted: Mapping[int, Collection[str]] | None = None
) -> dict[int, str]:
    """The text proposed for each of these applications, in its recipient's language; none where nothing can be said.

    Args: quoted are pieces of the reviewers' advice to put in, by application.
    """
    people = letter_queries.recipients(application_ids)
    marks = queries.marks(batch_id)
    middle, criteria = rules.middles(list(marks.values())), queries.criteria(batch_id)
    texts = {}
    for one in application_ids:
        if one not in people:
            continue
        found = rules.proposal(marks[one], middle, criteria) if one in marks else rules.Proposal()
        quotes = list((quoted or {}).get(one, ()))
        if found or quotes:
            texts[one] = letter_text.render_part(
                "feedback",
                people[one].locale,
                {
                    "best": found.best,
                    "weakest": found.weakest,
                    "next_level": found.next_level,
                    "quotes": quotes,
                },
            )
    return texts


def save_feedback(*, actor: Actor, code: str, application_id: int, text: str, is_ready: bool, version: int) -> int:
    """Keep the feedback on one refused application, and put it in the draft of its e-mail; the new version.

    Args:   version is the one the page showed, 0 where nothing was stored.
    Raises: NotAllowed, NotFound, RuleViolation on the text, Conflict once the e-mail has left or somebody else saved.
    """
    with transaction():
        batch = decision_letters.decided_batch(actor, code)
        stored = queries.written(batch.id, application_id)
        if stored.has_left:
            raise Conflict(LEFT)
        rules.refuse_text(text, is_ready=is_ready)
        values = {
            "text": text.strip(),
            "is_ready": is_ready,
            "written_by_user_id": actor.user_id,
            "written_at": clock.now(),
            "version": version + 1,
        }
        if stored.version != version:
            raise Conflict(Message("Somebody else wrote this feedback meanwhile. Compare, and save again."))
        if version:
            changed_rows(
                update(ApplicationFeedback).where(ApplicationFeedback.application_id == application_id).values(**values)
            )
        else:
            db.session.execute(
                insert(ApplicationFeedback).values(application_id=application_id, batch_id=batch.id, **values)
            )
        _put_in_drafts(batch, {application_id})
        audit.record(actor, "wrote feedback", f"application:{application_id}", is_ready=is_ready, text=text.strip())
        return version + 1


def use_proposals(*, actor: Actor, code: str, expected: int, request_key: str = "") -> int:
    """Take the proposal for every refused application that has no feedback and one can be made; how many.

    Args:   expected is the number the recap showed.
    Raises: NotAllowed, NotFound, Conflict when the number is another by now.
    """
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        batch = decision_letters.decided_batch(actor, code)
        texts = proposed(batch.id, queries.open_ids(batch.id))
        if len(texts) != expected:
            raise Conflict(Message("There are %(count)s proposals by now. Look at the recap again.", count=len(texts)))
        now = clock.now()
        if texts:
            db.session.execute(
                insert(ApplicationFeedback),
                [
                    {
                        "application_id": one,
                        "batch_id": batch.id,
                        "text": text,
                        "is_ready": True,
                        "written_by_user_id": actor.user_id,
                        "written_at": now,
                        "version": 1,
                    }
                    for one, text in texts.items()
                ],
            )
        _put_in_drafts(batch, texts.keys())
        request_keys.keep(actor, request_key, len(texts))
        audit.record(actor, "took the proposed feedback", f"batch:{batch.id}", applications=len(texts))
        return len(texts)


def open_proposals(*, actor: Actor, code: str) -> tuple[dict[int, str], int]:
    """What `use_proposals` would take, by application, and for how many nothing can be proposed.

    Raises: NotAllowed, NotFound, Conflict unless the batch is decided.
    """
    batch_id = decision_letters.read_batch(actor, code).id
    waiting = queries.open_ids(batch_id)
    texts = proposed(batch_id, waiting)
    return texts, len(waiting) - len(texts)


def _put_in_drafts(batch: Batch, application_ids: Collection[int]) -> None:
    _waiting, changed = decision_letters.changes(batch, Outcome.REFUSE, only=application_ids)
    decision_letters.rewrite(changed)
