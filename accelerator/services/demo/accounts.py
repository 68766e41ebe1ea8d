"""Services · Demo · Accounts — one person per role, all with one password that the command prints."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from accelerator.kernel.actor import Actor
from accelerator.kernel.actor import RoleGrant as Grant
from accelerator.kernel.enums import Role
from accelerator.models.accounts import RoleGrant, User
from accelerator.services.accounts import password_hash
from accelerator.services.demo.story import Story, evening

PASSWORD: Final = "atelier-genai-2026"  # noqa: S105  (the demo's, printed by the command)
DOMAIN: Final = "exemple.fr"


@dataclass(frozen=True)
class Account:
    """One signed-up person of the demo and what there is to see for them."""

    key: str
    email: str
    name: str
    grants: tuple[Grant, ...]
    sees: str


ACCOUNTS: Final = (
    Account(
        "founder",
        f"fondatrice@{DOMAIN}",
        "Inès Moreau",
        (Grant(Role.FOUNDER),),
        "member of the running batch, with credits and a workshop booked",
    ),
    Account(
        "applicant",
        f"candidat@{DOMAIN}",
        "Yann Le Gall",
        (Grant(Role.FOUNDER),),
        "an application to the rolling regional call, half written",
    ),
    Account(
        "reviewer",
        f"evaluatrice@{DOMAIN}",
        "Hélène Fabre",
        (Grant(Role.REVIEWER),),
        "applications of the batch in review, some still to read",
    ),
    Account(
        "coordinator",
        f"coordination@{DOMAIN}",
        "Karim Benali",
        (Grant(Role.COORDINATOR, "84"), Grant(Role.COORDINATOR, "93")),
        "sessions of Auvergne-Rhône-Alpes and Provence-Alpes-Côte d’Azur, one today",
    ),
    Account("manager", f"responsable@{DOMAIN}", "Claire Dumont", (Grant(Role.MANAGER),), "the whole programme"),
    Account("sponsor", f"partenaire@{DOMAIN}", "Olivier Roche", (Grant(Role.SPONSOR),), "pools, reports, the counter"),
    Account(
        "administrator",
        f"admin@{DOMAIN}",
        "Nadia Payet",
        (Grant(Role.ADMINISTRATOR),),
        "people, roles and the audit trail",
    ),
)


def open_accounts(story: Story) -> None:
    """The people with a password, and the reviewers of all batches."""
    stored = password_hash(PASSWORD)
    joined = evening(story.today - timedelta(days=900), 10)
    for account in ACCOUNTS:
        story.people[account.key] = add_person(
            story, account.name, account.email, joined_at=joined, grants=account.grants, password=stored
        )
    story.reviewers.append(story.people["reviewer"])
    for number in range(1, max(story.size.reviewers_review, story.size.reviewers_decided + 4)):
        name = story.person_name()
        story.reviewers.append(
            add_person(
                story, name, f"{_plain(name)}.{number}@jury.{DOMAIN}", joined_at=joined, grants=(Grant(Role.REVIEWER),)
            )
        )
    for region_code in ("11", "32", "44", "52", "53", "75", "76"):
        name = story.person_name()
        add_person(
            story,
            name,
            f"{_plain(name)}.{region_code}@regions.{DOMAIN}",
            joined_at=joined,
            grants=(Grant(Role.COORDINATOR, region_code),),
        )


def add_person(
    story: Story, name: str, email: str, *, joined_at: object, grants: tuple[Grant, ...], password: str | None = None
) -> int:
    """One person with these roles; the user id."""
    user_id = story.book.add(
        User,
        email=email,
        name=name,
        password_hash=password,
        locale="fr",
        is_active=True,
        session_epoch=0,
        created_at=joined_at,
        last_sign_in_at=None,
    )
    for grant in grants:
        story.book.add(
            RoleGrant, user_id=user_id, role=grant.role, region_code=grant.region_code or "", granted_at=joined_at
        )
    return user_id


def founder_address(name: str, startup_id: int) -> str:
    """An address that belongs to nobody."""
    return f"{_plain(name)}.{startup_id}@startups.{DOMAIN}"


def actor_of(story: Story, key: str) -> Actor:
    """The actor one of the accounts is."""
    account = next(account for account in ACCOUNTS if account.key == key)
    return Actor(story.people[key], account.name, frozenset(account.grants), email=account.email)


def _plain(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return plain.replace(" ", ".").replace("'", "")
