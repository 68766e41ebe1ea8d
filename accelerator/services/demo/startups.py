"""Services · Demo · Startups — invented companies in real towns, with activity codes and sizes of real ones."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final, TypeVar

from stdnum import luhn

from accelerator.kernel.actor import RoleGrant as Grant
from accelerator.kernel.enums import Role, Sector, Stage
from accelerator.kernel.regions import department_of_postcode, region_of_postcode
from accelerator.models.startups import Membership, Startup
from accelerator.services.demo.accounts import add_person, founder_address
from accelerator.services.demo.book import SOURCES, phrases
from accelerator.services.demo.story import StartupFacts, Story, evening

_T = TypeVar("_T")

WHERE_STARTUPS_ARE: Final[Mapping[str, float]] = {
    "11": 43,
    "84": 11,
    "93": 8,
    "76": 8,
    "75": 6,
    "52": 6,
    "32": 5,
    "53": 4,
    "44": 4,
    "28": 2,
    "24": 1.5,
    "27": 1.5,
    "94": 0.5,
    "04": 0.5,
    "01": 0.3,
    "02": 0.3,
    "03": 0.2,
    "06": 0.2,
}
"""How applications spread over the regions, in parts of about a hundred."""

_STAGES: Final = (
    (Stage.CONCEPT, 5),
    (Stage.PROTOTYPE, 25),
    (Stage.MVP_BUILD, 25),
    (Stage.MVP_MARKET, 35),
    (Stage.ESTABLISHED, 10),
)


class Founding:
    """Makes startups whose names and numbers are not taken yet."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self._names: set[str] = set()
        self._untold: list[int] = []
        self._numbers = iter(story.chance.sample(range(100_000, 500_000), 30_000))

    def startup(
        self,
        *,
        since: date,
        region_code: str = "",
        with_account: bool = True,
        user_id: int | None = None,
        founder: str = "",
    ) -> StartupFacts:
        """One startup known to the programme since that day, with its founder's account where asked."""
        story, chance = self.story, self.story.chance
        region_code = region_code or chance.choices(*_weights(tuple(WHERE_STARTUPS_ARE.items())))[0]
        line = self._story()
        sector = Sector(phrases("stories")["stories"][line]["sector"])
        name, siren = self._name(sector), self._siren()
        created_at = evening(since - timedelta(days=chance.randrange(1, 30)), chance.randrange(9, 19))
        startup_id = story.book.add(
            Startup,
            siren=siren,
            name=name,
            region_code=region_code,
            sector=sector,
            pitch=phrases("stories")["stories"][line]["pitch"],
            website=f"https://{siren}.exemple.fr" if chance.random() < 0.8 else None,
            created_at=created_at,
            version=1,
            **self._facts(region_code, since),
        )
        founders = (founder or story.person_name(), story.person_name())
        if user_id is None and with_account:
            user_id = add_person(
                story,
                founders[0],
                founder_address(founders[0], startup_id),
                joined_at=created_at,
                grants=(Grant(Role.FOUNDER),),
            )
        if user_id is not None:
            story.book.add(Membership, startup_id=startup_id, user_id=user_id, is_owner=True, joined_at=created_at)
        made = StartupFacts(startup_id, name, siren, region_code, line, founders, user_id)
        story.startups[startup_id] = made
        return made

    def _facts(self, region_code: str, since: date) -> dict[str, object]:
        """Where it sits, and what the register and the form say of it."""
        chance = self.story.chance
        town, postcode = self._place(region_code)
        naf, created_on, band = chance.choice(_register())
        return {
            "department_code": department_of_postcode(postcode),
            "postcode": postcode,
            "city": town,
            "stage": chance.choices(*_weights(_STAGES))[0],
            "registered_on": _recent(created_on, since, chance.randrange(5)),
            "naf": naf,
            "headcount_band": band if band != "NN" else None,
            "women_founders": chance.random() < 0.38,
            "is_stealth": chance.random() < 0.03,
        }

    def _story(self) -> int:
        """Every story is told before one is told again."""
        if not self._untold:
            count = len(phrases("stories")["stories"])
            self._untold = self.story.chance.sample(range(count), count)
        return self._untold.pop()

    def _place(self, region_code: str) -> tuple[str, str]:
        towns = _towns()[region_code]
        town, postcodes, _people = self.story.chance.choices(towns, [people for _t, _p, people in towns])[0]
        return town, self.story.chance.choice(postcodes)

    def _name(self, sector: Sector) -> str:
        names, chance = phrases("phrases")["names"], self.story.chance
        while True:
            name: str = chance.choice(names["heads"]) + chance.choice(names["tails"]) + chance.choice(names["kinds"])
            if name in self._names:
                name += phrases("phrases")["kinds_of_sector"][sector]
            if name in self._names:
                name = f"{chance.choice(names['heads'])}{name[0].lower()}{name[1:]}"
            if name not in self._names:
                self._names.add(name)
                return name

    def _siren(self) -> str:
        """A number that passes its check, from a range the register has not given out."""
        base = f"00{next(self._numbers):06d}"
        return base + str(luhn.calc_check_digit(base))


def _recent(created_on: date, since: date, years_before: int) -> date:
    """The real day and month, in a year that suits a startup of that time."""
    moved = date(since.year - years_before, created_on.month, min(created_on.day, 28))
    return moved if moved < since else date(moved.year - 1, moved.month, moved.day)


def _weights(pairs: Sequence[tuple[_T, float]]) -> tuple[list[_T], list[float]]:
    return [value for value, _weight in pairs], [weight for _value, weight in pairs]


@cache
def _register() -> list[tuple[str, date, str]]:
    with (SOURCES / "register.csv").open(encoding="utf-8", newline="") as file:
        return [
            (row["naf"], datetime.fromisoformat(row["created_on"]).date(), row["headcount_band"])
            for row in csv.DictReader(file)
        ]


@cache
def _towns() -> dict[str, list[tuple[str, list[str], int]]]:
    """The towns of each region, with the postcodes that lie in it."""
    found: dict[str, list[tuple[str, list[str], int]]] = {}
    with (SOURCES / "towns.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            inside = [code for code in row["postcodes"].split("|") if region_of_postcode(code) == row["region"]]
            found.setdefault(row["region"], []).append((row["name"], inside, int(row["population"])))
    return found
