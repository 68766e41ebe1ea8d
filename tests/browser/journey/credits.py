"""Step 6: a pool, its allocation, grants to the whole cohort, the cloud's cost export, what the founder sees."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency

from accelerator.services import tasks
from accelerator.shapes import CLDR
from tests.browser.journey.applying import OTHERS
from tests.browser.journey.story import Story, fetched, row_of
from tests.conftest import at

ACCOUNT = "sub-lumiere-0042"
HEADER = (
    "BilledCost,BillingCurrency,ChargePeriodStart,SubAccountId,SubAccountName,BillingAccountId,"
    "BillingPeriodStart,PublisherName,ProviderName,InvoiceIssuerName,ChargeCategory,ServiceName"
)
LINES = (
    ("120.50", "2027-09-06", "Microsoft", "Azure OpenAI"),
    ("79.50", "2027-09-07", "Microsoft", "Virtual Machines"),
    ("300.00", "2027-09-20", "Microsoft", "Azure OpenAI"),
    ("80.25", "2027-09-21", "Acme Vectors SAS", "Vector store"),
)


def the_pool_is_set_aside(story: Story) -> None:
    """A sponsor's pool of 100,000 euros, of which 30,000 are for the batch."""
    at("2027-09-01T08:00Z")
    manager = story.manager
    manager.open("/staff/credits")
    manager.press(story.say("New pool"))
    manager.page.fill("#name", "Azure 2027")
    manager.page.fill("#sponsor", "Microsoft")
    manager.page.fill("#amount", "100000")
    manager.page.fill("#ends_on", "2028-08-31")
    manager.press(story.say("Create the pool"))
    manager.press(story.say("Set credits aside for a batch"))
    manager.page.select_option("#batch_id", label=story.batch_name)
    manager.page.fill("#amount", "30000")
    manager.press(story.say("Set the credits aside"))
    manager.reads(story.say("The credits are set aside for this batch."))


def the_cohort_gets_its_credits(story: Story) -> None:
    """The same for everyone who accepted, after a recap with names and sums."""
    manager = story.manager
    manager.press(story.say("Grant to everyone who waits"))
    manager.page.fill("#amount", "5 000,00")
    manager.press(story.say("See the recap"))
    manager.reads(_money(story, "15000"))
    _brume, cobalt, delice, _ecluse = OTHERS
    for name in (story.startup, cobalt, delice):
        manager.reads(name)
    manager.press(story.count("Grant to %(num)s startup", "Grant to %(num)s startups", 3))
    manager.reads(story.count("%(num)s startup has its credits.", "%(num)s startups have their credits.", 3))
    assert _money(story, "5000") in row_of(manager, story.startup)


def the_cost_export_is_read(story: Story) -> None:
    """The founder's cloud account is linked; its export counts exactly, line by line."""
    at("2027-10-04T08:00Z")
    manager = story.manager
    manager.press(story.startup)
    manager.press(story.say("Link an account"))
    manager.page.fill("#sub_account", ACCOUNT)
    manager.press(story.say("Link the account"))
    manager.reads(story.say("The account is linked, and its usage counted."))
    manager.press(story.say("Usage imports"))
    export = {"name": "2027-09.csv", "mimeType": "text/csv", "buffer": _export()}
    manager.page.set_input_files("#file", files=[export])
    manager.press(story.say("Read the file"))
    manager.reads(story.say("The file waits for its turn"))
    assert tasks.run_due_tasks() == 1
    manager.page.get_by_role("heading", name=story.say("The file is read"), exact=True).wait_for()
    manager.press(story.say("See what it says"))
    manager.reads("FOCUS 1.0")
    assert story.startup in row_of(manager, ACCOUNT)
    manager.open("/staff/credits/usage")
    manager.page.set_input_files("#file", files=[export])
    manager.press(story.say("Read the file"))
    assert tasks.run_due_tasks() == 1
    manager.page.get_by_role("heading", name=story.say("The same file stands already"), exact=True).wait_for()
    manager.reads(story.say("This file had been read before. Nothing was changed."))


def the_founder_sees_what_is_left(story: Story) -> None:
    """Granted, used, left, until when; a chart with its table; what credits never cover."""
    founder = story.founder
    founder.open("/my/credits")
    for amount in ("5000", "500", "4500"):
        founder.reads(_money(story, amount))
    founder.reads("2028")
    assert founder.page.locator("main svg[role=img]").count() >= 1
    founder.page.locator("main details summary").first.click()
    assert founder.page.locator("main figure table tbody tr, main details table tbody tr").count() >= 3
    assert "Acme Vectors SAS" in row_of(founder, "Acme")
    assert _money(story, "80.25") in row_of(founder, "Acme")
    table = fetched(founder, founder.page.locator("a[href*='usage.csv']").get_attribute("href") or "")
    assert "2027-09-20" in table.text()


def _export() -> bytes:
    lines = [
        f"{cost},EUR,{day}T00:00:00Z,{ACCOUNT},Lumiere,bill-7,2027-09-01T00:00:00Z,{publisher},Microsoft,Microsoft,Usage,{service}"
        for cost, day, publisher, service in LINES
    ]
    return "\n".join([HEADER, *lines, ""]).encode()


def _money(story: Story, amount: str) -> str:
    """An amount in euros as a reader of this language sees it, every space plain."""
    return " ".join(format_currency(Decimal(amount), "EUR", locale=CLDR[story.locale]).split())
