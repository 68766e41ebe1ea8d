"""Kernel · Actor — who does something, with the roles that count at this moment."""

from __future__ import annotations

from dataclasses import dataclass, field

from accelerator.kernel.enums import Role


@dataclass(frozen=True)
class RoleGrant:
    """One role of one person. `region_code` limits it to a region (INSEE code); None means everywhere."""

    role: Role
    region_code: str | None = None


@dataclass(frozen=True)
class Actor:
    """The person, or the clock, on whose behalf a use case runs.

    `user_id` is None for the system itself; `startup_ids` are the startups the person belongs to.
    """

    user_id: int | None
    name: str
    grants: frozenset[RoleGrant] = frozenset()
    startup_ids: frozenset[int] = frozenset()
    locale: str = "fr"
    email: str = field(default="", repr=False)

    def has(self, role: Role) -> bool:
        """True when the person holds the role anywhere."""
        return any(grant.role is role for grant in self.grants)

    def regions(self) -> frozenset[str]:
        """The INSEE codes of the regions this person coordinates."""
        return frozenset(
            grant.region_code for grant in self.grants if grant.role is Role.COORDINATOR and grant.region_code
        )


SYSTEM = Actor(user_id=None, name="system", grants=frozenset({RoleGrant(Role.SYSTEM)}))
"""The clock and the operator: jobs and commands act in this name."""
