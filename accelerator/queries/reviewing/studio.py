"""Queries · Reviewing · Studio — a hand-out before it is made: coverage, loads, what is avoided, what lacks and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel.enums import TaskState
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.reviewing import AssignmentProposal
from accelerator.models.startups import Startup
from accelerator.models.tasks import Task
from accelerator.queries.reviewing import planning
from accelerator.queries.reviewing.planning import Basis
from accelerator.rules import charts, reviewing
from accelerator.rules.assignment import Plan
from accelerator.rules.assignment.wishes import Wishes
from accelerator.rules.charts import Histogram

SHORT_SHOWN = 50
MOST_BINS = 15


@dataclass(frozen=True)
class LoadRow:
    """One reviewer's load before and after the plan."""

    user_id: int
    name: str
    capacity: int
    before: int
    after: int

    @property
    def added(self) -> int:
        """How many the plan adds."""
        return self.after - self.before


@dataclass(frozen=True)
class ShortRow:
    """What lacks, with the name of who or what it lacks to and the sentence that says why.

    `group` is the kind of reader that lacks to an application; empty where any review does.
    """

    subject_id: int
    name: str
    missing: int
    reason: Message
    group: str = ""


@dataclass(frozen=True)
class Proposal:
    """A plan made in the background: where it stands."""

    id: int
    state: TaskState
    is_stopped: bool
    is_made: bool
    failure: str
    done_steps: int
    total_steps: int
    step_name: str

    @property
    def is_waited_for(self) -> bool:
        """Whether it is still coming."""
        return not self.is_stopped and self.state in (TaskState.QUEUED, TaskState.RUNNING)


@dataclass(frozen=True)
class Preview:
    """A plan ready to look at; nothing of it is stored. `fingerprint` names exactly this plan."""

    plan: Plan
    applications: int
    needed: int
    kept: int
    calibration: int  # applications that everybody scores: none of the figures above counts them
    conflicts_avoided: int
    readers_who_know: int | None  # new reviews by somebody who knows the field; None where nobody named any
    coverage: tuple[tuple[int, int], ...]  # readers after the plan -> applications
    loads: tuple[LoadRow, ...]
    load_chart: Histogram
    load_steps: tuple[tuple[int, int, int], ...]  # from, to, reviewers
    short: tuple[ShortRow, ...]
    short_in_all: int
    under: tuple[ShortRow, ...]
    undiverse: tuple[ShortRow, ...]
    undiverse_in_all: int
    fingerprint: str

    @property
    def receivers(self) -> int:
        """How many reviewers get new dossiers."""
        return sum(1 for row in self.loads if row.added)

    @property
    def most(self) -> int:
        """The longest bar: the greatest limit or load."""
        return max((max(row.capacity, row.after) for row in self.loads), default=1) or 1


@dataclass(frozen=True)
class Studio:
    """The page of a hand-out: the plan, or what is known of a large one that is being made or not yet asked for."""

    applications: int
    members: int
    preview: Preview | None
    proposal: Proposal | None


def studio(batch_id: int, asked: Wishes) -> Studio:
    """What confirming would store, before anything is. Twelve statements; thirteen for a large plan."""
    found = planning.basis(batch_id)
    made, proposal = None, None
    if not planning.is_large(found, asked):
        made = planning.plan(found, asked, seed=batch_id)
    elif (row := find_proposal(batch_id, planning.basis_name(found, asked))) is not None:
        proposal = row[0]
        if row[1] is not None:
            made = planning.account_for(found, asked, row[1])
    return Studio(
        applications=len(found.applications),
        members=len(found.members),
        preview=_preview(found, asked, made) if made is not None else None,
        proposal=proposal,
    )


def preview(batch_id: int, asked: Wishes) -> Preview:
    """The plan of a batch that can be made while somebody waits. Twelve statements."""
    found = planning.basis(batch_id)
    return _preview(found, asked, planning.plan(found, asked, seed=batch_id))


def find_proposal(batch_id: int, basis: str) -> tuple[Proposal, Mapping[str, object] | None] | None:
    """The latest proposal on this basis, with what came out; None when nobody asked for one. One statement."""
    row = db.session.execute(
        select(AssignmentProposal, Task)
        .join(Task, Task.id == AssignmentProposal.task_id)
        .where(AssignmentProposal.batch_id == batch_id, AssignmentProposal.basis == basis)
        .order_by(AssignmentProposal.id.desc())
        .limit(1)
    ).first()
    return None if row is None else (_proposal(*row), row[0].outcome)


def proposal(batch_id: int, proposal_id: int) -> Proposal:
    """Where one proposal stands. One statement. Raises: NotFound."""
    row = db.session.execute(
        select(AssignmentProposal, Task)
        .join(Task, Task.id == AssignmentProposal.task_id)
        .where(AssignmentProposal.batch_id == batch_id, AssignmentProposal.id == proposal_id)
    ).first()
    if row is None:
        raise NotFound(Message("There is no such proposal."))
    return _proposal(*row)


def _proposal(row: AssignmentProposal, task: Task) -> Proposal:
    return Proposal(
        id=row.id,
        state=task.state,
        is_stopped=row.stopped_at is not None,
        is_made=row.outcome is not None,
        failure=task.failure,
        done_steps=task.done_steps,
        total_steps=task.total_steps,
        step_name=task.step_name,
    )


def _preview(found: Basis, asked: Wishes, made: Plan) -> Preview:
    short = made.shortfalls[:SHORT_SHOWN]
    narrow = made.undiverse[:SHORT_SHOWN]
    names = _names({one.application_id for one in (*short, *narrow)})
    people = {member.id: member.name for member in found.members}
    chart = _load_chart(list(made.loads.values()))
    handed = found.applications.keys() - found.calibration
    readers = Counter(id_ for id_, _ in found.kept if id_ in found.applications)
    readers.update(id_ for id_, _ in made.pairs)
    return Preview(
        plan=made,
        applications=len(handed),
        needed=len(handed) * asked.each,
        kept=sum(1 for application_id, _ in found.kept if application_id in handed),
        calibration=len(found.calibration),
        conflicts_avoided=len(found.conflict_pairs),
        readers_who_know=_who_know(found, made) if planning.values(found, asked) is not None else None,
        coverage=tuple(sorted(Counter(readers[id_] for id_ in found.applications).items())),
        loads=tuple(
            LoadRow(member.id, member.name, member.capacity, member.held, made.loads[member.id])
            for member in sorted(found.members, key=lambda member: (-made.loads[member.id], member.name, member.id))
        ),
        load_chart=chart,
        load_steps=tuple((int(one.low), int(one.high) - 1, one.count) for one in chart.bins),
        short=tuple(ShortRow(one.application_id, names[one.application_id], one.missing, one.reason) for one in short),
        short_in_all=len(made.shortfalls),
        under=tuple(ShortRow(one.reviewer_id, people[one.reviewer_id], one.missing, one.reason) for one in made.under),
        undiverse=tuple(
            ShortRow(one.application_id, names[one.application_id], one.missing, one.reason, one.group)
            for one in narrow
        ),
        undiverse_in_all=len(made.undiverse),
        fingerprint=planning.fingerprint(made),
    )


def _names(application_ids: set[int]) -> dict[int, str]:
    return dict(
        db.session.execute(
            select(Application.id, Startup.name)
            .join(Startup, Startup.id == Application.startup_id)
            .where(Application.id.in_(application_ids))
        ).all()
    )


def _who_know(found: Basis, made: Plan) -> int:
    """How many of the new reviews go to somebody who knows the sector or the region."""
    knows = {member.id: member.knows for member in found.members}
    return sum(
        1
        for application_id, reviewer_id in made.pairs
        if {*found.fields[application_id].sectors} & {*knows[reviewer_id].sectors}
        or {*found.fields[application_id].regions} & {*knows[reviewer_id].regions}
    )


def _load_chart(loads: list[int]) -> Histogram:
    """How many reviewers hold how many dossiers, in whole steps."""
    low, high = min(loads, default=0), max(loads, default=0)
    step = max(1, -(-(high - low + 1) // MOST_BINS))
    bins = max(1, -(-(high - low + 1) // step))
    return charts.histogram([float(load) for load in loads], low=low, high=low + bins * step, bins=bins)


@dataclass(frozen=True)
class ListedPair:
    """One line of the list to take away: an application, a reviewer, and what happens to the pair."""

    application: str
    startup: str
    reviewer: str
    reviewer_name: str
    action: str


def listed_pairs(batch_id: int, asked: Wishes) -> list[ListedPair]:
    """What is assigned ("keep") and what the plan adds ("give"), application by application. Seven statements."""
    found = planning.basis(batch_id)
    pairs = [(*pair, "keep") for pair in found.kept if pair[0] in found.applications]
    made = None
    if not planning.is_large(found, asked):
        made = planning.plan(found, asked, seed=batch_id)
    elif (row := find_proposal(batch_id, planning.basis_name(found, asked))) is not None and row[1] is not None:
        made = planning.account_for(found, asked, row[1])
    pairs += [(*pair, "give") for pair in made.pairs] if made is not None else []
    names = dict(
        db.session.execute(
            select(Application.id, Startup.name)
            .join(Startup, Startup.id == Application.startup_id)
            .where(Application.batch_id == batch_id)
        ).all()
    )
    people = {member.id: member for member in found.members}
    return [
        ListedPair(
            reviewing.dossier_code(application_id),
            names[application_id],
            people[reviewer_id].email,
            people[reviewer_id].name,
            action,
        )
        for application_id, reviewer_id, action in sorted(pairs)
        if reviewer_id in people
    ]
