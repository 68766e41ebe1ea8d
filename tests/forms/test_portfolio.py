"""What a button, a rule and a search say once they are read."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from accelerator.forms.portfolio import CountRuleForm, MoveForm, NameRuleForm, RestFilterForm
from accelerator.kernel.enums import Outcome, Sector
from accelerator.kernel.enums import PortfolioRuleKind as Kind


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("12:admit", (12, Outcome.ADMIT, None)),
        ("12:refuse", (12, Outcome.REFUSE, None)),
        ("12:waitlist", (12, Outcome.WAITLIST, None)),
        ("12:waitlist:3", (12, Outcome.WAITLIST, 3)),
        ("12:admit:3", (12, Outcome.ADMIT, None)),
        ("", None),
        ("12", None),
        ("x:admit", None),
        ("12:nowhere", None),
        ("12:waitlist:-1", None),
        ("²:admit", None),
        ("1234567890:admit", None),
    ],
)
def test_a_move_reads_the_application_where_it_goes_and_its_place(text, wanted):
    assert MoveForm(MultiDict({"move": text})).wanted() == wanted


def test_a_counting_rule_reads_its_kind_and_what_it_counts():
    form = CountRuleForm(MultiDict({"counting": "maximum", "bound": "3", "trait": "women_founders:no"}))

    assert form.validate()
    assert (form.kind(), form.counted(), form.bound.data) == (Kind.MAXIMUM, ("women_founders", "no"), 3)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"counting": "must"}, "counting"),
        ({"bound": "many"}, "bound"),
        ({"bound": ""}, "bound"),
        ({"trait": "colour:red"}, "trait"),
        ({"trait": ""}, "trait"),
    ],
)
def test_a_counting_rule_of_the_wrong_shape_is_refused_at_its_field(changes, field):
    form = CountRuleForm(MultiDict({"counting": "minimum", "bound": "1", "trait": "region:53", **changes}))

    assert not form.validate()
    assert list(form.errors) == [field]


def test_a_naming_rule_reads_the_names_that_were_typed():
    one = NameRuleForm(MultiDict({"naming": "must", "first": " Ada "}))
    two = NameRuleForm(MultiDict({"naming": "apart", "first": "Ada", "second": "2"}))

    assert one.validate()
    assert two.validate()
    assert (one.kind(), one.names()) == (Kind.MUST, ["Ada"])
    assert (two.kind(), two.names()) == (Kind.APART, ["Ada", "2"])
    assert not NameRuleForm(MultiDict({"naming": "must", "first": ""})).validate()


def test_a_search_that_makes_no_sense_asks_for_everything():
    asked = RestFilterForm(MultiDict({"q": "x" * 99, "region": "53", "sector": "health"}))
    nonsense = RestFilterForm(MultiDict({"region": "00", "sector": "none"}))

    assert asked.search() == ("x" * 80, "53", Sector.HEALTH)
    assert nonsense.search() == ("", "", None)
