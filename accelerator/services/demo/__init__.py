"""Services · Demo — a believable programme from one seed: the same seed and day give the same data."""

from accelerator.services.demo.accounts import ACCOUNTS, PASSWORD, Account
from accelerator.services.demo.seeding import Seeded, seed

__all__ = ["ACCOUNTS", "PASSWORD", "Account", "Seeded", "seed"]
