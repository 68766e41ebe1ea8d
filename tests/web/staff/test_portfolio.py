"""The composition board: managers only; moves, rules, proposals and reasons in place; nothing typed is lost."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.kernel.enums import ApplicationState, Outcome, Role, Sector, Stage
from accelerator.kernel.enums import PortfolioRuleKind as Kind
from accelerator.models.portfolio import PortfolioRule
from accelerator.models.selection import Decision
from accelerator.models.startups import Startup
from accelerator.queries import portfolio as queries
from accelerator.rules import portfolio as rules
from accelerator.services import portfolio
from tests import committee, make
from tests.committee import admit, choose, confirm, entries, wait

BOARD = "staff.portfolio.board"
RULES = "Each rule against those admitted now, and what it costs: the adjusted scores lost by having it"


def manager(browser):
    return browser.sign_in(make.user(Role.MANAGER, name="Grace"))


def from_regions(*regions: str, **columns):
    """A batch in review whose first, second… of the ranking come from these regions."""
    batch = committee.reviewed_batch(applications=len(regions), **columns)
    for entry, region in zip(entries(batch), regions, strict=True):
        make.db.session.get_one(Startup, entry.startup_id).region_code = region
    make.db.session.commit()
    return batch


def add_rule(batch, kind=Kind.MINIMUM, **changes) -> int:
    found = {"trait": ("region", "53"), "bound": 1} if kind in rules.COUNTING else {}
    return portfolio.add_rule(
        actor=make.actor(make.user(Role.MANAGER, name="Ada")),
        code=batch.code,
        kind=kind,
        version=rules_version(batch),
        **{**found, **changes},
    )


def rules_version(batch) -> str:
    return rules.version_of(queries.rules(batch.id))


def names_in(page, zone: str) -> list[str]:
    """The startups of one column, from the top."""
    found = page.tree.xpath(f"//*[@data-zone='{zone}']//*[@data-card]//*[contains(@class,'board-card__name')]/a")
    return [" ".join(link.text_content().split()) for link in found]


def buttons(page, entry) -> list[str]:
    """What the buttons of one startup send."""
    return page.tree.xpath(f"//*[@data-card='{entry.id}']//button/@value")


def decisions(db) -> list[tuple]:
    rows = db.execute(
        select(Decision.outcome, Decision.waitlist_position, Decision.reason).order_by(Decision.application_id)
    )
    return [tuple(row) for row in rows]


def press(browser, batch, value: str, version: str | None = None):
    return browser.post(
        "staff.portfolio.move", {"version": version or committee.version(batch), "move": value}, code=batch.code
    )


def test_the_board_and_all_its_acts_are_for_managers(browser, db):
    batch = committee.reviewed_batch(applications=2)
    rule_id = add_rule(batch, Kind.MUST, names=["1"])
    acts = [
        ("move", {}),
        ("count_rule", {}),
        ("name_rule", {}),
        ("propose", {}),
        ("drop_rule", {"rule_id": rule_id}),
        ("board", {}),
    ]

    signed_out = browser.get(BOARD, code=batch.code)
    browser.sign_in(make.user(Role.REVIEWER))
    refused = [browser.get(BOARD, code=batch.code)]
    refused += [browser.post(f"staff.portfolio.{act}", {}, code=batch.code, **values) for act, values in acts]
    manager(browser)
    unknown = [browser.get(BOARD, code="none")]
    unknown += [browser.post(f"staff.portfolio.{act}", {}, code="none", **values) for act, values in acts]

    assert signed_out.status == 302
    assert [page.status for page in refused] == [403] * 7
    assert {page.status for page in unknown} <= {404, 422}
    assert unknown[0].status == 404
    assert len(queries.rules(batch.id)) == 1


def test_the_board_shows_three_columns_free_places_and_who_is_chosen(browser, db):
    batch = committee.reviewed_batch(applications=4, places=3)
    one, two, _three, four = entries(batch)
    startup = db.get_one(Startup, one.startup_id)
    startup.sector, startup.stage, startup.women_founders = Sector.HEALTH, Stage.PROTOTYPE, True
    db.commit()
    choose(batch, admit(one), admit(two), wait(four))

    page = manager(browser).get(BOARD, code=batch.code)

    assert [names_in(page, zone) for zone in ("admit", "waitlist", "refuse")] == [
        ["Rank 1", "Rank 2"],
        ["Rank 4"],
        ["Rank 3"],
    ]
    assert page.text.count("Free place") == 1
    assert "Auvergne-Rhône-Alpes · Health · Prototype · women founders" in page.text
    assert [" ".join(line.text_content().split()) for line in page.tree.xpath("//*[@class='spreads']/div")] == [
        "Region Auvergne-Rhône-Alpes 2 + 1",
        "Sector Other sector 1 + 1 Health 1",
        "Stage Concept 1 + 1 Prototype 1",
        "Women founders Not said 1 + 1 Yes 1",
    ]
    assert buttons(page, four) == [f"{four.id}:admit", f"{four.id}:refuse"]


def test_an_empty_board_says_where_to_start(browser, db):
    empty, ranked = committee.reviewed_batch(applications=0, ranked=False), committee.reviewed_batch(applications=3)
    manager(browser)

    assert "There is no application to choose from" in browser.get(BOARD, code=empty.code).text
    page = browser.get(BOARD, code=ranked.code)
    assert "No rule is set: the best cohort is the first of the ranking." in page.text
    assert "Every choice follows the ranking." in page.text
    assert browser.get(BOARD, code=make.batch().code).status == 302


def test_a_button_moves_a_startup_and_the_page_comes_back_at_it(browser, db):
    batch = committee.reviewed_batch(applications=4)
    one, two, three, _four = entries(batch)
    manager(browser)

    page = press(browser, batch, f"{one.id}:admit")
    assert page.location == f"/staff/batches/{batch.code}/board#application-{one.id}"
    assert browser.follow(page).notices == ["Rank 1 is admitted."]
    press(browser, batch, f"{two.id}:waitlist")
    press(browser, batch, f"{three.id}:waitlist:1")
    browser.get(BOARD, code=batch.code)
    page = browser.follow(press(browser, batch, f"{one.id}:refuse"))

    assert page.notices == ["Rank 1 is neither admitted nor on the waitlist."]
    assert names_in(page, "waitlist") == ["Rank 3", "Rank 2"]
    assert buttons(page, two) == [f"{two.id}:admit", f"{two.id}:refuse", f"{two.id}:waitlist:1"]
    assert decisions(db) == [
        (Outcome.REFUSE, None, ""),
        (Outcome.WAITLIST, 2, ""),
        (Outcome.WAITLIST, 1, ""),
    ]


@pytest.mark.parametrize("value", ["", "1", "x:admit", "1:nowhere", "1:waitlist:x", "9999999999:admit", "1:admit:-1"])
def test_a_move_that_cannot_be_read_is_refused(browser, db, value):
    batch = committee.reviewed_batch(applications=2)

    page = press(manager(browser), batch, value)

    assert (page.status, page.errors) == (422, ["This move cannot be read. Try again."])
    assert decisions(db) == []


def test_a_move_of_somebody_elses_application_is_not_found(browser, db):
    batch, other = committee.reviewed_batch(applications=2), committee.reviewed_batch(applications=2)

    page = press(manager(browser), batch, f"{entries(other)[0].id}:admit")

    assert page.status == 404
    assert decisions(db) == []


def test_a_move_after_somebody_else_saved_shows_what_is_stored_and_what_was_not_done(browser, db):
    batch = committee.reviewed_batch(applications=3)
    one, two, _three = entries(batch)
    seen = committee.version(batch)
    choose(batch, admit(two, "A bet."))

    page = press(manager(browser), batch, f"{one.id}:admit", seen)

    assert page.status == 409
    assert page.errors == [
        "Not done: Rank 1, Admit.",
        "Somebody else saved choices meanwhile. Compare, and save again.",
    ]
    assert names_in(page, "admit") == ["Rank 2"]
    assert browser.follow(press(browser, batch, f"{one.id}:admit", page.value("version"))).status == 200


def test_more_admitted_than_places_is_said(browser, db):
    batch = committee.reviewed_batch(applications=4, places=1)
    one, two, *_ = entries(batch)
    choose(batch, admit(one), admit(two))

    page = manager(browser).get(BOARD, code=batch.code)

    assert "More are admitted than there are places. Move 1 out before the recap." in page.text


def test_rules_stand_against_the_admitted_with_their_price(browser, db):
    batch = from_regions("11", "11", "53", "11")
    one, two, *_ = entries(batch)
    choose(batch, admit(one), admit(two))
    add_rule(batch)
    add_rule(batch, Kind.MAXIMUM, trait=("region", "11"), bound=3)
    manager(browser)

    rows = browser.get(BOARD, code=batch.code).table(RULES)

    assert rows[0][:3] == [
        "at least 1 from Bretagne",
        "short by 1 0 now",
        "1.34 points Without it: Rank 2 instead of Rank 3.",
    ]
    assert rows[1][:3] == ["at most 3 from Île-de-France", "met 2 now", "Costs nothing"]
    assert rows[0][3].startswith("Ada")


def test_a_rule_is_set_changed_and_dropped_on_the_page(browser, db):
    batch = committee.reviewed_batch(applications=3)
    manager(browser)

    def count(bound: str):
        return browser.post(
            "staff.portfolio.count_rule",
            {"rules_version": rules_version(batch), "counting": "minimum", "bound": bound, "trait": "sector:health"},
            code=batch.code,
        )

    assert browser.follow(count("2")).notices == ["The rule is set."]
    count("1")
    named = browser.post(
        "staff.portfolio.name_rule",
        {"rules_version": rules_version(batch), "naming": "apart", "first": "rank 1", "second": "3"},
        code=batch.code,
    )
    page = browser.follow(named)
    assert [row[0] for row in page.table(RULES)] == [
        "at least 1 in the sector Health",
        "Rank 1 and Rank 3: not both",
    ]
    rule_id = db.scalars(select(PortfolioRule.id).order_by(PortfolioRule.id)).first()
    dropped = browser.post(
        "staff.portfolio.drop_rule", {"rules_version": rules_version(batch)}, code=batch.code, rule_id=rule_id
    )
    assert browser.follow(dropped).notices == ["The rule is dropped."]
    assert [rule.kind for rule in queries.rules(batch.id)] == [Kind.APART]


@pytest.mark.parametrize(
    ("act", "typed", "errors"),
    [
        (
            "count_rule",
            {"counting": "minimum", "bound": "", "trait": "sector:health"},
            ["How many: Type a whole number."],
        ),
        (
            "count_rule",
            {"counting": "minimum", "bound": "0", "trait": "sector:health"},
            ["How many: Give a number from 1 to 999."],
        ),
        (
            "count_rule",
            {"counting": "minimum", "bound": "2", "trait": "sector:nowhere"},
            ["Which startups: Choose one of the list."],
        ),
        (
            "count_rule",
            {"counting": "must", "bound": "2", "trait": "sector:health"},
            ["The cohort has: Choose one of the list."],
        ),
        ("name_rule", {"naming": "must", "first": "Nobody"}, ["Startup: No candidate has this name or rank."]),
        ("name_rule", {"naming": "apart", "first": "Rank 1"}, ["Second startup: Choose the startup the rule names."]),
        (
            "name_rule",
            {"naming": "apart", "first": "1", "second": "1"},
            ["Second startup: A pair is made of two different startups."],
        ),
    ],
)
def test_a_rule_of_the_wrong_shape_comes_back_as_typed(browser, db, act, typed, errors):
    batch = committee.reviewed_batch(applications=2)

    page = manager(browser).post(
        f"staff.portfolio.{act}", {"rules_version": rules_version(batch), **typed}, code=batch.code
    )

    assert (page.status, page.errors) == (422, errors)
    for name in ("bound", "first", "second"):
        if name in typed:
            assert page.value(name) == typed[name]
    assert queries.rules(batch.id) == []


def test_rules_changed_by_somebody_else_are_shown_beside_what_was_typed(browser, db):
    batch = committee.reviewed_batch(applications=2)
    seen = rules_version(batch)
    rule_id = add_rule(batch)
    manager(browser)

    page = browser.post(
        "staff.portfolio.name_rule", {"rules_version": seen, "naming": "must", "first": "Rank 2"}, code=batch.code
    )
    dropped = browser.post("staff.portfolio.drop_rule", {"rules_version": seen}, code=batch.code, rule_id=rule_id)
    proposed = browser.post(
        "staff.portfolio.propose", {"version": committee.version(batch), "rules_version": seen}, code=batch.code
    )

    sentence = ["Somebody else changed the rules meanwhile. Look again, and repeat."]
    assert [(one.status, one.errors) for one in (page, dropped, proposed)] == [(409, sentence)] * 3
    assert page.value("first") == "Rank 2"
    assert page.table(RULES)[0][0] == "at least 1 from Bretagne"
    assert len(queries.rules(batch.id)) == 1


def test_the_proposal_under_the_rules_comes_with_its_reasons_in_the_readers_language(browser, db):
    batch = from_regions("11", "11", "11", "53")
    add_rule(batch)
    browser.sign_in(make.user(Role.MANAGER, locale="fr"))

    done = browser.post(
        "staff.portfolio.propose",
        {"version": committee.version(batch), "rules_version": rules_version(batch)},
        code=batch.code,
        lang="fr",
    )

    page = browser.follow(done)
    assert names_in(page, "admit") == ["Rank 1", "Rank 4"]
    assert decisions(db)[3] == (
        Outcome.ADMIT,
        None,
        "Admise en raison de la règle\u00a0: au moins 1 de la région Bretagne.",
    )


def test_a_contradiction_is_named_and_nothing_is_proposed(browser, db):
    batch = from_regions("11", "53", "53")
    add_rule(batch, bound=2)
    add_rule(batch, Kind.MAXIMUM, bound=1)
    add_rule(batch, Kind.MUST, names=["Rank 1"])
    manager(browser)

    page = browser.get(BOARD, code=batch.code)
    refused = browser.post(
        "staff.portfolio.propose",
        {"version": committee.version(batch), "rules_version": rules_version(batch)},
        code=batch.code,
    )

    sentence = "These rules contradict each other: at least 2 from Bretagne; at most 1 from Bretagne."
    assert sentence in page.text
    assert [row[2] for row in page.table(RULES)] == ["Part of the contradiction", "Part of the contradiction", "–"]
    assert "Propose the best" not in page.text
    assert (refused.status, refused.errors) == (422, [sentence])
    assert decisions(db) == []


def test_somebody_who_withdrew_is_said_in_the_rules_and_among_the_chosen(browser, db):
    batch = committee.reviewed_batch(applications=4)
    one, two, *_ = entries(batch)
    choose(batch, admit(one), admit(two))
    add_rule(batch, Kind.MUST, names=["Rank 2"])
    two.state = ApplicationState.WITHDRAWN
    db.commit()

    page = manager(browser).get(BOARD, code=batch.code)

    assert names_in(page, "admit") == ["Rank 1"]
    assert "Chosen before, and no longer candidates: Rank 2. Their places are free again." in page.text
    assert page.table(RULES)[0][:3] == [
        "Rank 2 must be admitted",
        "Not in force",
        "No longer in the ranking: Rank 2.",
    ]


def test_reasons_are_saved_in_place(browser, db):
    batch = committee.reviewed_batch(applications=4)
    one, two, three, _four = entries(batch)
    choose(batch, admit(one), admit(three), wait(two, 1))
    manager(browser)
    page = browser.get(BOARD, code=batch.code)
    assert [page.value(f"outcome_{entry.id}") for entry in (two, three)] == ["waitlist", "admit"]
    assert page.text.count("Reason needed.") == 2

    typed = {"version": page.value("version")}
    for entry, reason in ((two, "Could wait."), (three, "Only one in health.")):
        typed |= {f"{name}_{entry.id}": page.value(f"{name}_{entry.id}") for name in ("outcome", "position")}
        typed[f"reason_{entry.id}"] = reason
    saved = browser.follow(browser.post(BOARD, typed, code=batch.code))

    assert saved.notices == ["Saved."]
    assert decisions(db) == [
        (Outcome.ADMIT, None, ""),
        (Outcome.WAITLIST, 1, "Could wait."),
        (Outcome.ADMIT, None, "Only one in health."),
    ]


def test_reasons_typed_while_somebody_else_saved_are_kept_beside_what_is_stored(browser, db):
    batch = committee.reviewed_batch(applications=4)
    one, two, three, _four = entries(batch)
    choose(batch, admit(one), admit(three), wait(two, 1))
    seen = committee.version(batch)
    choose(batch, admit(three, "Grace's own words."))

    page = manager(browser).post(
        BOARD,
        {
            "version": seen,
            f"outcome_{three.id}": "admit",
            f"position_{three.id}": "",
            f"reason_{three.id}": "Ada's own words.",
        },
        code=batch.code,
    )

    assert (page.status, page.errors) == (409, ["Somebody else saved choices meanwhile. Compare, and save again."])
    assert page.value(f"reason_{three.id}") == "Ada's own words."
    assert "Stored now: Admitted Grace's own words." in page.text


def test_a_reason_that_is_too_long_comes_back_as_typed(browser, db):
    batch = committee.reviewed_batch(applications=3)
    two = entries(batch)[1]
    choose(batch, admit(two))

    page = manager(browser).post(
        BOARD,
        {
            "version": committee.version(batch),
            f"outcome_{two.id}": "admit",
            f"position_{two.id}": "",
            f"reason_{two.id}": "x" * 1001,
        },
        code=batch.code,
    )

    assert (page.status, page.errors) == (422, ["Reason: At most 1,000 characters."])
    assert len(page.value(f"reason_{two.id}")) == 1001


def test_the_rest_is_paged_searched_by_the_address_and_kept_after_a_move(browser, db):
    batch = committee.reviewed_batch(applications=25)
    last = entries(batch)[24]
    startup = db.get_one(Startup, last.startup_id)
    startup.name, startup.region_code = "Écume", "53"
    db.commit()
    manager(browser)

    first, second = (browser.get(BOARD, code=batch.code, page=number) for number in (1, 2))
    found = [browser.get(BOARD, code=batch.code, **asked) for asked in ({"q": "écume"}, {"region": "53"})]
    moved = browser.post(
        "staff.portfolio.move",
        {"version": committee.version(batch), "move": f"{last.id}:admit"},
        code=batch.code,
        q="Écume",
    )

    assert (len(names_in(first, "refuse")), len(names_in(second, "refuse"))) == (20, 5)
    assert [names_in(page, "refuse") for page in found] == [["Écume"], ["Écume"]]
    assert moved.location == f"/staff/batches/{batch.code}/board?q=%C3%89cume#application-{last.id}"
    page = browser.follow(moved)
    assert "Nobody fits this search." in page.text
    assert browser.get(BOARD, code=batch.code, page=9).status == 200


def test_a_decided_board_is_read_only(browser, db):
    batch = from_regions("11", "11", "53", "11")
    one, two, three, four = entries(batch)
    add_rule(batch)
    choose(batch, admit(one), admit(three, "Only one in Bretagne."), wait(two, 1, "Could wait."))
    confirm(batch)
    manager(browser)

    page = browser.get(BOARD, code=batch.code)

    assert [names_in(page, zone) for zone in ("admit", "waitlist", "refuse")] == [
        ["Rank 1", "Rank 3"],
        ["Rank 2"],
        ["Rank 4"],
    ]
    assert page.table(RULES)[0][:2] == ["at least 1 from Bretagne", "met 1 now"]
    assert page.tree.xpath("//main//form[@method='post']") == page.tree.xpath("//main//button[@form]") == []
    assert "Only one in Bretagne." in page.text
    assert press(browser, batch, f"{four.id}:admit").status == 409


def test_a_name_on_the_board_is_never_taken_for_code(browser, db):
    batch = committee.reviewed_batch(applications=2)
    name = "<script>alert(1)</script> 100%s & <b>Co</b>"
    db.get_one(Startup, entries(batch)[0].startup_id).name = name
    db.commit()
    add_rule(batch, Kind.MUST_NOT, names=[name])

    page = manager(browser).get(BOARD, code=batch.code)

    assert "<script>alert" not in page.body
    assert page.table(RULES)[0][0] == f"{name} must not be admitted"


def test_the_board_costs_the_same_number_of_statements_for_few_and_many(browser, db, count_statements):
    few = from_regions("11", "53")
    many = from_regions(*["11", "53"] * 15, places=15)
    for batch in (few, many):
        choose(batch, admit(entries(batch)[0]), wait(entries(batch)[1]))
        add_rule(batch)
        add_rule(batch, Kind.MUST_NOT, names=["Rank 1"])
    manager(browser)
    counts = []

    for batch in (few, many):
        with count_statements() as asked:
            assert browser.get(BOARD, code=batch.code).status == 200
        counts.append(asked.count)

    assert counts == [16, 16]
