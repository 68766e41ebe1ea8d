"""One key, one act, one person."""

from __future__ import annotations

from accelerator.services import request_keys
from accelerator.services.transaction import transaction
from tests import make


def test_the_second_arrival_gets_the_first_result(db):
    ada = make.actor(make.user())
    with transaction():
        assert request_keys.earlier_result(ada, "k1") is None
        request_keys.keep(ada, "k1", 42)
    with transaction():
        assert request_keys.earlier_result(ada, "k1") == "42"


def test_another_persons_key_is_another_key(db):
    ada, eve = make.actor(make.user()), make.actor(make.user())
    with transaction():
        request_keys.keep(ada, "k1", 42)

    assert request_keys.earlier_result(eve, "k1") is None
