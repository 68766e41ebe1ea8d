"""Amounts as people type them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict

from accelerator.forms.base import BaseForm
from accelerator.forms.fields import AmountField


class _Form(BaseForm):
    amount = AmountField("Amount")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2500", "2500"),
        ("2500,5", "2500.5"),
        ("2 500,50", "2500.50"),
        ("2\u202f500,50", "2500.50"),
        ("2,500.50", "2500.50"),
        ("2.500,50", "2500.50"),
        ("1,234,567.89", "1234567.89"),
    ],
)
def test_amounts_are_read_as_typed_in_either_language(typed, meant):
    form = _Form(MultiDict({"amount": typed}))

    assert form.validate()
    assert form.amount.data == Decimal(meant)


@pytest.mark.parametrize("typed", ["2,500", "2.500", "2,500.500", "12,34.50", "2,500,50", "many", "NaN"])
def test_an_amount_that_could_mean_two_things_is_refused(typed):
    assert not _Form(MultiDict({"amount": typed})).validate()
