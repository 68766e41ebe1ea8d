"""The demo and the imports on PostgreSQL: ids given out by hand do not collide with those the server gives."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from accelerator.kernel.actor import SYSTEM
from accelerator.models.startups import Startup
from accelerator.queries import ledger
from accelerator.services import audit, demo, imports, selection
from tests.conftest import at

pytestmark = pytest.mark.postgres


def test_the_demo_is_whole_and_the_house_goes_on_after_it(postgres_db):
    at("2026-11-23T10:00Z")

    done = demo.seed(size="small", number=7, today=date(2026, 11, 23))
    report = imports.import_startups(actor=SYSTEM, content=b"siren,nom,code_postal\n732829320,Lumeo,69003\n")

    assert report.imported == 1
    assert postgres_db.scalar(select(func.max(Startup.id))) == done.startups + 1
    assert ledger.faults() == []
    assert audit.first_broken_entry() is None
    assert selection.verify(code="GS-2026-2") == []
