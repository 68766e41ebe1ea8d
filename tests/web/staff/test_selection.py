"""The ranking page, the choice, the recap, the offers: managers only, nothing typed is lost."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import delete, event, select, update

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, BatchState, PortfolioRuleKind, Role, Sector
from accelerator.models.applications import Application
from accelerator.models.letters import Letter
from accelerator.models.portfolio import PortfolioRule
from accelerator.models.programmes import Batch
from accelerator.models.selection import Decision, Offer, RankingRun, Standing
from accelerator.models.startups import Startup
from accelerator.services import rankings
from accelerator.services.transaction import transaction
from tests import committee, make
from tests.committee import admit, choose, entries, offer_of, wait

PAGES = ["ranking", "certainty", "export", "choose", "recap", "offers"]


def manager(browser):
    return browser.sign_in(make.manager())


def statements_of(browser, code: str) -> int:
    seen = []
    listener = lambda *arguments: seen.append(arguments[2])  # noqa: E731
    event.listen(database.engine, "before_cursor_execute", listener)
    try:
        assert browser.get("staff.selection.ranking", code=code).status == 200
    finally:
        event.remove(database.engine, "before_cursor_execute", listener)
    return len([statement for statement in seen if statement.startswith("SELECT")])


def line(entry, outcome="", position="", reason="") -> dict[str, str]:
    fields = {f"position_{entry.id}": position, f"reason_{entry.id}": reason}
    return {**fields, f"outcome_{entry.id}": outcome} if outcome else fields


@pytest.mark.parametrize("view", PAGES)
def test_selection_is_for_managers(browser, db, view):
    batch = committee.reviewed_batch(applications=2)

    kind = {"kind": "xlsx"} if view == "export" else {}

    signed_out = browser.get(f"staff.selection.{view}", code=batch.code, **kind)
    reviewer = browser.sign_in(make.user(Role.REVIEWER)).get(f"staff.selection.{view}", code=batch.code, **kind)
    unknown = manager(browser).get(f"staff.selection.{view}", code="none", **kind)

    assert (signed_out.status, reviewer.status, unknown.status) == (302, 403, 404)


def test_ranking_shows_the_stored_figures_best_first(browser, db):
    batch = committee.reviewed_batch(applications=3)

    page = manager(browser).get("staff.selection.ranking", code=batch.code)

    rows = page.table("Applications with a review: 3")
    assert [row[:2] for row in rows] == [["1", "Rank 1"], ["2", "Rank 2"], ["3", "Rank 3"]]
    assert rows[0][5:12] == ["1", "100%", "8 / 8", "5.00", "4.95", "0.09", "3"]
    assert "Computed on" in page.text


def test_a_name_is_never_taken_for_code(browser, db):
    batch = committee.reviewed_batch(applications=1)
    db.get_one(Startup, entries(batch)[0].startup_id).name = "<script>alert(1)</script> & <b>Co</b>"
    db.commit()

    page = manager(browser).get("staff.selection.ranking", code=batch.code)

    assert "<script>alert" not in page.body
    assert page.table("Applications with a review: 1")[0][1] == "<script>alert(1)</script> & <b>Co</b>"


def test_ranking_costs_the_same_number_of_statements_for_one_and_three_lines(browser, db):
    one, three = (committee.reviewed_batch(applications=count).code for count in (1, 3))
    manager(browser)

    assert (statements_of(browser, one), statements_of(browser, three)) == (6, 6)


def test_ranking_without_a_run_offers_to_compute_it(browser, db):
    batch = committee.reviewed_batch(ranked=False)
    manager(browser)
    assert "There is no ranking yet" in browser.get("staff.selection.ranking", code=batch.code).text

    page = browser.follow(browser.post("staff.selection.compute", code=batch.code))

    assert page.notices == ["The ranking is computed. Applications: 6."]


def test_ranking_says_when_it_is_stale(browser, db):
    batch = committee.reviewed_batch()
    with transaction():
        rankings.note_reviews_changed(batch.id)

    page = manager(browser).get("staff.selection.ranking", code=batch.code)

    assert "Reviews have changed since this ranking was computed" in page.text


def test_computing_a_decided_batch_is_refused(browser, db):
    batch = committee.decided_batch()

    page = manager(browser).post("staff.selection.compute", code=batch.code)

    assert (page.status, "no longer changes" in page.body) == (409, True)


def test_ranking_sorts_and_filters_by_the_address(browser, db):
    batch = committee.reviewed_batch(applications=3)
    first, second, _third = entries(batch)
    startup = db.get_one(Startup, second.startup_id)
    startup.region_code, startup.sector = "11", Sector.HEALTH
    db.commit()
    choose(batch, admit(first))
    manager(browser)

    def names(count, **asked):
        page = browser.get("staff.selection.ranking", code=batch.code, **asked)
        return [row[1] for row in page.table(f"Applications with a review: {count}")]

    assert names(count=1, region="11") == names(count=1, sector="health") == ["Rank 2"]
    assert names(count=1, outcome="admit") == ["Rank 1"]
    for sort in ("spread", "mean", "median", "rank", "nonsense"):
        assert names(count=3, sort=sort) == ["Rank 1", "Rank 2", "Rank 3"]
    assert "No application matches" in browser.get("staff.selection.ranking", code=batch.code, region="94").text
    assert browser.get("staff.selection.ranking", code=batch.code, page=2).status == 404


def close_batch():
    """A batch of six in which one reviewer alone puts the third before the second, for two places."""
    batch = committee.reviewed_batch(applications=6, ranked=False)
    lone = make.user(Role.REVIEWER, name="Lone Eve")
    for entry, points in zip(entries(batch), (5.0, 1.0, 5.0, 3.0, 2.0, 1.0), strict=True):
        committee.review(entry, lone, points)
    rankings.compute_ranking(actor=make.actor(make.manager()), code=batch.code)
    return batch


def test_ranking_marks_what_is_too_close_to_call_with_a_word_and_filters_it(browser, db):
    batch = close_batch()
    manager(browser)

    page = browser.get("staff.selection.ranking", code=batch.code)
    rows = page.table("Applications with a review: 6")

    close = [row[1] for row in rows if "too close" in row[6]]
    assert 0 < len(close) < 6
    assert f"{len(close)} applications are too close to call for the 2 places." in page.text
    filtered = browser.get("staff.selection.ranking", code=batch.code, doubt="close")
    assert [row[1] for row in filtered.table(f"Applications with a review: {len(close)}")] == close
    assert browser.get("staff.selection.ranking", code=batch.code, doubt="nonsense").status == 200


def test_ranking_filters_what_hangs_on_one_way_of_counting(browser, db):
    batch = close_batch()
    run = db.get_one(RankingRun, batch.id)
    db.execute(update(Standing).where(Standing.rank == 2).values(survives=run.variants - 1))
    db.execute(update(Standing).where(Standing.rank == 5).values(survives=1))
    db.execute(update(Standing).where(Standing.rank.in_([1, 3, 4, 6])).values(survives=4))
    db.commit()

    page = manager(browser).get("staff.selection.ranking", code=batch.code, doubt="one")

    assert [row[0] for row in page.table("Applications with a review: 2")] == ["2", "5"]


def test_certainty_shows_intervals_chances_and_who_decides_otherwise(browser, db):
    batch = close_batch()

    page = manager(browser).get("staff.selection.certainty", code=batch.code)

    rows = page.table("Applications around the line, and all that are too close to call")
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert {row[5] for row in rows} == {"Within", "Too close to call", "Behind"}
    standings = db.scalars(select(Standing).order_by(Standing.rank)).all()
    variants = db.get_one(RankingRun, batch.id).variants
    assert [row[6] for row in rows] == [f"{standing.survives} / {variants}" for standing in standings]
    dissenting = [row[7] for row, standing in zip(rows, standings, strict=True) if standing.otherwise]
    assert dissenting
    assert any("Lone Eve" in words for words in dissenting)
    assert page.tree.xpath("//svg[@role='img']/@aria-label")[0].startswith("Interval of rank")


def test_certainty_says_where_one_more_review_would_help(browser, db):
    batch = close_batch()
    make.application(of=batch, by=make.startup(name="Unread"), state=ApplicationState.ADMISSIBLE)
    rankings.compute_ranking(actor=make.actor(make.manager()), code=batch.code)

    page = manager(browser).get("staff.selection.certainty", code=batch.code)

    rows = page.table("The next reviews in the order of their use to the choice")
    assert ["Unread", "0"] in [row[:2] for row in rows]


@pytest.mark.parametrize("view", ["ranking", "certainty"])
def test_applications_without_a_shared_reviewer_are_named(browser, db, view):
    batch = committee.reviewed_batch(applications=4, ranked=False)
    alone = make.application(of=batch, by=make.startup(name="Apart"), state=ApplicationState.ADMISSIBLE)
    for points in (3.0, 4.0):
        committee.review(alone, make.user(Role.REVIEWER), points)
    rankings.compute_ranking(actor=make.actor(make.manager()), code=batch.code)

    page = manager(browser).get(f"staff.selection.{view}", code=batch.code)

    assert "the groups are equally good: Apart." in page.text


def test_certainty_costs_the_same_number_of_statements_for_one_and_six_lines(browser, db, count_statements):
    one, six = committee.reviewed_batch(applications=1).code, close_batch().code
    manager(browser)
    asked = []
    for code in (one, six):
        with count_statements() as counted:
            assert browser.get("staff.selection.certainty", code=code).status == 200
        asked.append(counted.count)

    assert asked[0] == asked[1]


@pytest.mark.parametrize("change", [None, {"places": 0}])
def test_certainty_that_is_not_known_offers_to_compute_it(browser, db, change):
    batch = committee.reviewed_batch(ranked=change is not None)
    if change:
        db.execute(update(RankingRun).values(**change))
        db.commit()

    page = manager(browser).get("staff.selection.certainty", code=batch.code)

    assert "Nothing is known of this yet" in page.text
    assert "Compute it now" in page.text


def test_a_decided_ranking_from_before_chances_is_shown_without_them(browser, db):
    batch = committee.decided_batch()
    db.execute(update(RankingRun).values(places=0, variants=0))
    db.commit()

    page = manager(browser).get("staff.selection.ranking", code=batch.code)

    assert "Chance" not in page.text
    assert len(page.table(f"Applications with a review: {len(entries(batch))}")[0]) == 10


def test_ranking_shows_severities_of_the_reviewers(browser, db):
    batch = committee.reviewed_batch(applications=8)
    kind, strict = (make.user(Role.REVIEWER, name=name) for name in ("Kind Ada", "Strict Eve"))
    for number, entry in enumerate(entries(batch)):
        committee.review(entry, kind, 4.4 - number * 0.4)
        committee.review(entry, strict, 3.8 - number * 0.4)
    rankings.compute_ranking(actor=make.actor(make.manager()), code=batch.code)

    page = manager(browser).get("staff.selection.ranking", code=batch.code)

    rows = page.table("Points above (+) or below (−) the others for equal quality, the strictest first")
    assert rows[0][0] == "Strict Eve"
    assert rows[0][1].startswith("-")
    assert "Scores are corrected for each reviewer’s severity" in page.text


def test_export_is_safe_from_formulas_and_follows_the_filters(browser, db):
    batch = committee.reviewed_batch(applications=2)
    db.get_one(Startup, entries(batch)[0].startup_id).name = "=HYPERLINK(1)"
    db.commit()

    page = manager(browser).get("staff.selection.export", kind="csv", code=batch.code, sort="mean")

    rows = list(csv.reader(io.StringIO(page.body.removeprefix("\ufeff"))))
    assert rows[0][0] == "Rank"
    assert [row[:2] for row in rows[1:]] == [["1", "'=HYPERLINK(1)"], ["2", "Rank 2"]]
    assert rows[1][5] == "5.000000"


def test_proposal_fills_the_places_and_the_board_shows_it(browser, db):
    batch = committee.reviewed_batch(applications=5)
    manager(browser)

    page = browser.follow(
        browser.post("staff.selection.propose", {"version": committee.version(batch)}, code=batch.code)
    )

    assert page.notices == ["Filled from the ranking. Admitted: 2."]
    ids = [entry.id for entry in entries(batch)]
    assert [page.value(f"outcome_{one}") for one in ids] == ["admit", "admit", "waitlist", "waitlist", "waitlist"]
    assert [page.value(f"position_{one}") for one in ids] == ["", "", "1", "2", "3"]


def test_proposal_without_a_ranking_says_so(browser, db):
    batch = committee.reviewed_batch(ranked=False)

    page = manager(browser).post("staff.selection.propose", {"version": committee.version(batch)}, code=batch.code)

    assert browser.follow(page).notices == ["There is no ranking yet: no review has been submitted."]


def test_choices_are_saved_and_an_off_rank_one_asks_for_its_reason_in_place(browser, db):
    batch = committee.reviewed_batch(applications=4)
    one, two, three, _four = entries(batch)
    manager(browser)

    page = browser.follow(
        browser.post(
            "staff.selection.choose",
            {"version": committee.version(batch), **line(one, "refuse"), **line(two, "admit"), **line(three, "admit")},
            code=batch.code,
        )
    )

    assert page.notices == ["Saved. Off-rank choices that need a reason: 2."]
    assert "Ranked among the places, and not admitted. Reason needed." in page.text
    page = browser.follow(
        browser.post(
            "staff.selection.choose",
            {
                "version": committee.version(batch),
                **line(one, "refuse", reason="Already funded."),
                **line(three, "admit", reason="Only one in its region."),
            },
            code=batch.code,
        )
    )
    assert page.notices == ["Saved."]
    assert page.value(f"reason_{three.id}") == "Only one in its region."


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"position": "0"}, "Positions go from 1 to 9999."),
        ({"position": "first"}, "Not a valid integer value."),
        ({"reason": "x" * 1001}, "At most 1,000 characters."),
    ],
)
def test_choices_of_the_wrong_shape_come_back_as_typed(browser, db, changes, sentence):
    batch = committee.reviewed_batch(applications=2)
    one = entries(batch)[0]

    page = manager(browser).post(
        "staff.selection.choose",
        {"version": committee.version(batch), **line(one, "waitlist", **changes)},
        code=batch.code,
    )

    assert page.status == 422
    assert sentence in page.text
    assert page.value(f"outcome_{one.id}") == "waitlist"
    assert db.scalars(select(Decision)).all() == []


def test_a_waitlist_position_given_twice_comes_back_as_typed(browser, db):
    batch = committee.reviewed_batch(applications=2)
    one, two = entries(batch)

    page = manager(browser).post(
        "staff.selection.choose",
        {"version": committee.version(batch), **line(one, "waitlist", "1"), **line(two, "waitlist", "1")},
        code=batch.code,
    )

    assert (page.status, page.errors) == (
        422,
        ["Waitlist position: Two applications have waitlist position 1."],
    )
    assert page.value(f"position_{two.id}") == "1"


def test_two_managers_lose_nothing(browser, db):
    batch = committee.reviewed_batch(applications=3)
    one, two, _three = entries(batch)
    seen = committee.version(batch)
    choose(batch, admit(one, "Grace's own words."))
    manager(browser)

    page = browser.post(
        "staff.selection.choose",
        {"version": seen, **line(one, "refuse", reason="Ada's own words."), **line(two, "admit")},
        code=batch.code,
    )

    assert (page.status, page.errors) == (409, ["Somebody else saved choices meanwhile. Compare, and save again."])
    assert page.value(f"reason_{one.id}") == "Ada's own words."
    assert "Stored now: Admitted Grace's own words." in page.text
    again = browser.post(
        "staff.selection.choose",
        {"version": page.value("version"), **line(one, "refuse", reason="Ada's own words."), **line(two, "admit")},
        code=batch.code,
    )
    assert again.status == 302
    assert db.scalars(select(Decision.reason).order_by(Decision.application_id)).all() == ["Ada's own words.", ""]


def test_choose_pages_through_the_candidates(browser, db):
    batch = committee.reviewed_batch(applications=2)
    for _ in range(50):
        make.application(of=batch, state="admissible")
    manager(browser)

    first = browser.get("staff.selection.choose", code=batch.code)
    second = browser.get("staff.selection.choose", code=batch.code, page=2)

    assert len(first.table("Applications in the order of the ranking")) == 50
    assert len(second.table("Applications in the order of the ranking")) == 2
    assert browser.get("staff.selection.choose", code=batch.code, page=3).status == 404


def test_choose_of_a_decided_batch_leads_back(browser, db):
    batch = committee.decided_batch()
    manager(browser)

    assert browser.get("staff.selection.choose", code=batch.code).location == f"/staff/batches/{batch.code}/ranking"
    assert browser.get("staff.selection.recap", code=batch.code).location == f"/staff/batches/{batch.code}/offers"
    assert browser.post("staff.selection.choose", line(entries(batch)[0], "admit"), code=batch.code).status == 409


def test_recap_names_everybody_and_confirms_once(browser, db):
    batch = committee.reviewed_batch(applications=4)
    one, two, three, four = entries(batch)
    choose(batch, admit(one), admit(three, "The only one in health."), wait(two, 1, "Could wait."), wait(four))
    manager(browser)

    page = browser.get("staff.selection.recap", code=batch.code)

    assert [row[1] for row in page.table("Admitted, best ranked first")] == ["Rank 1", "Rank 3"]
    assert [row[1] for row in page.table("Waitlist, in its order")] == ["Rank 2", "Rank 4"]
    assert page.table("Each with its reason, which is frozen with the result")[1][3] == "The only one in health."
    typed = {
        "version": page.value("version"),
        "respond_by": page.value("respond_by"),
        "places": "2",
        "request_key": "once",
    }
    done = browser.follow(browser.post("staff.selection.confirm", typed, code=batch.code))
    again = browser.post("staff.selection.confirm", typed, code=batch.code)
    assert done.notices == ["The selection is final. Offers drafted: 2."]
    assert again.status == 302
    assert len(db.scalars(select(Offer)).all()) == 2


def test_recap_warns_of_everything_that_speaks_against_it(browser, db):
    batch = committee.reviewed_batch(applications=4, reviews_per_application=4)
    make.application(of=batch)
    choose(batch, admit(entries(batch)[1]))

    page = manager(browser).get("staff.selection.recap", code=batch.code)

    for sentence in (
        "Off-rank choices without a reason: 2.",
        "Some places stay free.",
        "Applications with fewer than 4 reviews: 4. Among those chosen: Rank 2.",
        "Submitted and not screened, so not decided: 1.",
    ):
        assert sentence in page.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"places": "3"}, "Type the number of places you give: Type the number of places you give: 1."),
        ({"places": ""}, "Type the number of places you give: Type the number of places you give, in figures."),
        ({"respond_by": "2020-01-01T12:00"}, "Until when do founders answer?: Give founders at least a day to answer."),
        ({"respond_by": ""}, "Until when do founders answer?: Say until when founders answer."),
    ],
)
def test_confirm_refused_keeps_what_was_typed(browser, db, changes, error):
    batch = committee.reviewed_batch()
    choose(batch, admit(entries(batch)[0]))
    manager(browser)
    shown = browser.get("staff.selection.recap", code=batch.code)
    typed = {"version": shown.value("version"), "respond_by": shown.value("respond_by"), "places": "1", **changes}

    page = browser.post("staff.selection.confirm", typed, code=batch.code)

    assert (page.status, page.errors) == (422, [error])
    assert page.value("places") == typed["places"]
    assert page.value("respond_by") == typed["respond_by"]
    assert db.scalar(select(Batch.state).where(Batch.id == batch.id)) is BatchState.REVIEWING


def test_confirm_of_an_old_recap_shows_the_new_one(browser, db):
    batch = committee.reviewed_batch()
    choose(batch, admit(entries(batch)[0]))
    manager(browser)
    shown = browser.get("staff.selection.recap", code=batch.code)
    choose(batch, admit(entries(batch)[1]))

    page = browser.post(
        "staff.selection.confirm",
        {"version": shown.value("version"), "respond_by": shown.value("respond_by"), "places": "1"},
        code=batch.code,
    )

    assert page.status == 409
    assert [row[1] for row in page.table("Admitted, best ranked first")] == ["Rank 1", "Rank 2"]


def test_recap_with_nobody_admitted_says_what_to_do(browser, db):
    page = manager(browser).get("staff.selection.recap", code=committee.reviewed_batch().code)

    assert "Choose the cohort first, then come back." in page.text


def test_offers_page_before_and_after_the_decision(browser, db):
    waiting, decided = committee.reviewed_batch(), committee.decided_batch()
    manager(browser)

    before = browser.get("staff.selection.offers", code=waiting.code)
    after = browser.get("staff.selection.offers", code=decided.code)

    assert "Offers are drafted when the selection is confirmed." in before.text
    rows = after.table("Who was offered a place, and the answer; times are those of Paris")
    assert [row[0] for row in rows] == ["Rank 1", "Rank 2"]
    assert [row[1:2] for row in after.table("In its order, with what happened")][0] == ["Rank 3"]
    assert "drafts: 2, on their way or sent: 0" in after.text


def test_an_offer_is_withdrawn_with_a_reason(browser, db):
    batch = committee.offered_batch()
    offer = offer_of(entries(batch)[0])
    manager(browser)

    empty = browser.post("staff.selection.rescind", {"reason": " "}, code=batch.code, offer_id=offer.id)
    page = browser.post("staff.selection.rescind", {"reason": "Wound up."}, code=batch.code, offer_id=offer.id)

    assert empty.status == 422
    shown = browser.follow(page)
    assert shown.notices == ["The offer to Rank 1 is withdrawn."]
    assert "Wound up." in shown.text
    assert browser.get("staff.selection.rescind", code=batch.code, offer_id=offer.id + 99).status == 404


def test_a_free_place_is_offered_by_hand(browser, db):
    batch = committee.offered_batch(applications=5)
    batch.places = 3
    db.commit()
    _one, _two, three, four, _five = entries(batch)
    manager(browser)

    out_of_turn = browser.post("staff.selection.offer_place", {"application": str(four.id)}, code=batch.code)
    nobody = browser.post("staff.selection.offer_place", {}, code=batch.code)
    page = browser.post("staff.selection.offer_place", {"application": str(three.id)}, code=batch.code)
    given = browser.follow(page).notices
    full = browser.post("staff.selection.offer_place", {"application": str(four.id), "reason": "x"}, code=batch.code)

    assert out_of_turn.errors == ["Why before its turn?: Say why this application comes before its turn."]
    assert nobody.status == 422
    assert given == ["The place is offered."]
    assert full.status == 409


def naughty(shared) -> list[str]:
    return [text for text in json.loads((shared / "bad-input" / "blns.json").read_text()) if isinstance(text, str)]


@pytest.mark.shared
def test_naughty_reasons_are_kept_or_refused(browser, db, shared):
    batch = committee.reviewed_batch(applications=50)
    manager(browser)
    strings = naughty(shared)
    rows = entries(batch)
    for start in range(0, len(strings), len(rows)):
        typed: dict[str, str] = {"version": committee.version(batch)}
        for entry, text in zip(rows, strings[start : start + len(rows)], strict=False):
            typed.update(line(entry, "refuse", reason=text.encode("utf-8", "replace").decode()))
        page = browser.post("staff.selection.choose", typed, code=batch.code)
        assert page.status in (302, 422)
        assert browser.get("staff.selection.choose", code=batch.code).status == 200
    for text in strings[::25]:
        typed = {"version": text, "places": text, "respond_by": text}
        typed = {name: value.encode("utf-8", "replace").decode() for name, value in typed.items()}
        assert browser.post("staff.selection.confirm", typed, code=batch.code).status == 422
    assert db.scalars(select(RankingRun.applications)).one() == 50
    assert db.scalars(select(Letter)).all() == []
    assert {str(state) for state in db.scalars(select(Application.state))} == {"admissible"}


def test_expired_offers_show_on_the_offers_page(browser, db):
    batch = committee.offered_batch()
    clock.fix(offer_of(entries(batch)[0]).respond_by + timedelta(minutes=1))

    from accelerator.services.offers import expire_due_offers

    assert expire_due_offers() == 2
    clock.fix(None)
    page = manager(browser).get("staff.selection.offers", code=batch.code)

    rows = page.table("Who was offered a place, and the answer; times are those of Paris")
    assert sorted((row[0], row[2]) for row in rows) == [
        ("Rank 1", "Expired"),
        ("Rank 2", "Expired"),
        ("Rank 3", "Awaiting an answer"),
        ("Rank 4", "Awaiting an answer"),
    ]


def set_maximum(batch, region_code: str, bound: int) -> None:
    database.session.execute(delete(PortfolioRule).where(PortfolioRule.batch_id == batch.id))
    database.session.add(
        PortfolioRule(
            batch_id=batch.id,
            key=f"maximum:region:{region_code}",
            kind=PortfolioRuleKind.MAXIMUM,
            attribute="region",
            value=region_code,
            bound=bound,
            set_at=clock.now(),
        )
    )
    database.session.commit()


def test_offers_say_which_rules_the_places_break_and_which_the_next_in_turn_would(browser, db):
    batch = committee.offered_batch()  # two places offered, the third of the ranking is next in turn
    for entry in entries(batch):
        db.get_one(Startup, entry.startup_id).region_code = "84"
    manager(browser)

    seen = {}
    for bound in (1, 2, 3):
        set_maximum(batch, "84", bound)
        text = browser.get("staff.selection.offers", code=batch.code).text
        seen[bound] = ("do not keep every portfolio rule" in text, "If the next in turn took a place" in text)

    assert seen == {1: (True, False), 2: (False, True), 3: (False, False)}


def test_offers_without_rules_say_nothing_of_them(browser, db):
    batch = committee.offered_batch()
    assert "portfolio rule" not in manager(browser).get("staff.selection.offers", code=batch.code).text
