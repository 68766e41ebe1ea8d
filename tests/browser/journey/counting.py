"""Steps 8 and 9: the public counter with its evidence, and the report of the batch."""

from __future__ import annotations

import hashlib
import io

import pikepdf
from sqlalchemy import select

from accelerator.extensions import db
from accelerator.models.counter import Evidence
from accelerator.models.startups import Startup
from accelerator.services import tasks
from tests.browser.journey.applying import OTHERS
from tests.browser.journey.story import Story, fetched, row_of
from tests.conftest import at


def the_counter_counts_each_startup_once(story: Story) -> None:
    """Three accepted and one came to a workshop; the founder's startup did both and counts once."""
    at("2027-11-18T09:00Z")
    reader = story.visitor("a reader of the public site")
    reader.open("/counter")
    assert reader.page.inner_text("main .big-figure").strip() == "4"
    reader.reads(story.count("startup supported", "startups supported", 4))
    document = fetched(reader, "/counter.json").json()
    assert document["counted"] == 4
    assert sum(month["added"] for month in document["months"]) == 4
    reader.open("/")
    assert reader.page.inner_text("main .big-figure").strip() == "4"


def the_evidence_is_listed(story: Story) -> None:
    """Staff see which facts stand behind each startup."""
    manager = story.manager
    manager.open("/staff/counter/")
    manager.reads(story.say("Startups that count: %(total)s", total=4))
    brume, cobalt, delice, ecluse = OTHERS
    for name in (story.startup, cobalt, delice, ecluse):
        row_of(manager, name)
    assert manager.page.locator("main tbody tr", has_text=brume).count() == 0
    manager.press(story.startup)
    story.look_again()
    kept = (
        select(Evidence.reference).join(Startup, Startup.id == Evidence.startup_id).where(Startup.name == story.startup)
    )
    references = db.session.scalars(kept).all()
    assert sorted(reference.split(":")[0] for reference in references) == ["attendance", "offer"]
    assert manager.page.locator("main tbody tr").count() == len(references)


def the_report_is_issued(story: Story) -> None:
    """Asked for in the journey's language, made in the background, hashed and kept."""
    manager = story.manager
    manager.open("/staff/reports/")
    manager.page.select_option("#batch_id", label=f"{story.batch_name} ({story.code})")
    manager.page.check(f"input[name=locale][value={story.locale}]")
    manager.press(story.say("Make the report"))
    manager.reads(story.say("Waiting for its turn"))
    assert tasks.run_due_tasks() == 1
    manager.page.get_by_role("heading", name=story.say("Ready"), exact=True).wait_for()
    manager.inspect()
    manager.reads(story.say("The file still has its hash"))
    report = fetched(manager, manager.page.locator("a[href$='/file']").get_attribute("href") or "").body()
    assert report.startswith(b"%PDF")
    assert hashlib.sha256(report).hexdigest() == manager.page.inner_text("code.hash").strip()
    with pikepdf.open(io.BytesIO(report)) as document:
        assert str(document.Root.Lang).startswith(story.locale)
        assert bool(document.Root.MarkInfo.Marked)
        assert "/StructTreeRoot" in document.Root
