"""Kernel · Money — exact amounts with their currency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal


@dataclass(frozen=True, order=False)
class Money:
    """An amount in minor units (cents) of one currency (ISO 4217). Sums of two currencies are refused."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise TypeError("Money counts whole minor units")
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise ValueError(f"{self.currency!r} is not an ISO 4217 code")

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> Money:
        """The amount in major units, rounded half to even to two decimals."""
        return cls(int((amount * 100).quantize(Decimal(1), ROUND_HALF_EVEN)), currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, two decimals."""
        return Decimal(self.minor).scaleb(-2)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Parts in proportion to the weights that add up to the whole, to the cent.

        Units:  weights are relative, not negative, at least one above zero.
        Raises: ValueError on weights that cannot carry the amount.
        """
        total = sum(weights)
        if total <= 0 or any(weight < 0 for weight in weights):
            raise ValueError("weights must be positive")
        parts: list[Money] = []
        carried, given = 0, 0
        for weight in weights:
            carried += weight
            upto = self.minor * carried // total
            parts.append(Money(upto - given, self.currency))
            given = upto
        return parts
