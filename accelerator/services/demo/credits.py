"""Services · Demo · Credits — the sponsor's pool, a grant to every member, and what the cloud says they spent.

All through the credit services, under a clock held at the day of each act; usage comes as FOCUS files.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from accelerator.kernel.money import Money
from accelerator.services import credits, usage
from accelerator.services.demo.accounts import actor_of
from accelerator.services.demo.story import FINISHED, RUNNING, BatchFacts, StartupFacts, Story, evening

POOL: Final = Money(2_500_000_00, "EUR")
GRANT_MINOR: Final = 25_000_00
DAYS_GOOD: Final = 365
COLUMNS: Final = (
    "BillingAccountId",
    "BillingPeriodStart",
    "ChargePeriodStart",
    "ChargeCategory",
    "BilledCost",
    "BillingCurrency",
    "SubAccountId",
    "SubAccountName",
    "ProviderName",
    "PublisherName",
    "InvoiceIssuerName",
    "ServiceName",
)
SERVICES: Final = (
    ("Azure OpenAI", "Microsoft", 5),
    ("Virtual Machines", "Microsoft", 3),
    ("Azure AI Search", "Microsoft", 2),
    ("Storage", "Microsoft", 1),
    ("Marketplace model", "Model Vendor SAS", 1),
)


@dataclass
class Cloud:
    """The pool, and whose account is whose."""

    pool_id: int = 0
    owners: dict[str, tuple[StartupFacts, date]] = field(default_factory=dict)
    pace: dict[str, float] = field(default_factory=dict)


def plan_credits(story: Story) -> None:
    """Put the pool, the allocations, the grants and every month's usage on the timeline."""
    cloud = Cloud()
    story.then(evening(date(2024, 9, 2), 10), lambda: _fund(story, cloud))
    for code in (*FINISHED, RUNNING)[-story.size.credited_batches :]:
        batch = story.batches[code]
        story.then(
            evening(batch.starts_on + timedelta(days=1), 11),
            lambda batch=batch: _award(story, cloud, batch),  # type: ignore[misc]
        )
    month = date(2024, 9, 1)
    while month <= story.today:
        following = (month + timedelta(days=32)).replace(day=1)
        last = min(following, story.today)
        told_at = evening(min(following + timedelta(days=2), story.today), 8)
        story.then(told_at, lambda month=month, last=last: _spend(story, cloud, month, last))  # type: ignore[misc]
        month = following


def _fund(story: Story, cloud: Cloud) -> None:
    cloud.pool_id = credits.fund_pool(
        actor=actor_of(story, "manager"),
        sponsor="Microsoft",
        name="Azure – GenAI Studio 2024–2027",
        ceiling=POOL,
        starts_on=date(2024, 9, 1),
        ends_on=max(date(2028, 6, 30), story.today + timedelta(days=2 * DAYS_GOOD)),
    )


def _award(story: Story, cloud: Cloud, batch: BatchFacts) -> None:
    cohort, manager = story.cohorts[batch.code], actor_of(story, "manager")
    allocation_id = credits.allocate(
        actor=manager, pool_id=cloud.pool_id, batch_id=batch.id, amount_minor=GRANT_MINOR * batch.places
    )
    credits.grant_to_cohort(
        actor=manager,
        allocation_id=allocation_id,
        amount_minor=GRANT_MINOR,
        starts_on=batch.starts_on,
        expires_on=batch.starts_on + timedelta(days=DAYS_GOOD),
        expected_startups=len(cohort),
    )
    for startup in cohort:
        account = f"sub-{startup.siren[:3]}-{startup.siren[3:6]}-{startup.siren[6:]}"
        usage.link_cloud_account(actor=manager, sub_account=account, startup_id=startup.id)
        cloud.owners[account] = (startup, batch.starts_on)
        cloud.pace[account] = story.chance.uniform(18, 75)


def _spend(story: Story, cloud: Cloud, month: date, last: date) -> None:
    """One FOCUS file a month: every member's spending rises for some months, then levels off."""
    lines = [
        line
        for account, (startup, since) in cloud.owners.items()
        for line in _month_of(story, account, startup, since, cloud.pace[account], month, last)
    ]
    if lines:
        usage.import_usage(
            actor=actor_of(story, "manager"), stream=io.BytesIO(_focus(lines)), file_name=f"focus-{month:%Y-%m}.csv"
        )


def _month_of(
    story: Story, account: str, startup: StartupFacts, since: date, pace: float, month: date, last: date
) -> list[list[str]]:
    """The lines of one account in one month, one every third day."""
    chance = story.chance
    day, lines = max(month, since + timedelta(days=9)), []
    while day < last and (day - since).days < DAYS_GOOD + 40:
        age = min((day - since).days / 120, 1.6)
        service, publisher, _weight = chance.choices(SERVICES, [weight for *_rest, weight in SERVICES])[0]
        cost = pace * 3 * (0.3 + age) * chance.uniform(0.5, 1.5)
        lines.append(
            [
                "EA-GENAI-STUDIO",
                f"{month:%Y-%m-%d}T00:00:00Z",
                f"{day:%Y-%m-%d}T00:00:00Z",
                "Usage",
                f"{cost:.6f}",
                "EUR",
                account,
                startup.name,
                "Microsoft",
                publisher,
                "Microsoft",
                service,
            ]
        )
        day += timedelta(days=3)
    return lines


def _focus(lines: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(lines)
    return text.getvalue().encode()
