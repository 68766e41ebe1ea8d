"""`flask selection verify` ends with 0 when the frozen result holds, with 1 when it does not."""

from __future__ import annotations

from sqlalchemy import text

from tests import committee


def test_verify_says_that_the_result_holds_or_what_differs(app, db):
    batch = committee.decided_batch(code="HELD")
    runner = app.test_cli_runner()
    assert batch.places_taken == 2

    whole = runner.invoke(args=["selection", "verify", "HELD"])
    db.execute(text("UPDATE review SET overall = 1 WHERE id = 1"))
    db.commit()
    changed = runner.invoke(args=["selection", "verify", "HELD"])
    unknown = runner.invoke(args=["selection", "verify", "NONE"])

    assert (whole.exit_code, changed.exit_code, unknown.exit_code) == (0, 1, 1)
    assert "the frozen result holds" in whole.output
    assert "the stored reviews are not those of the document" in changed.output
    assert "There is no frozen selection under this code." in unknown.output
