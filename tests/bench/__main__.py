"""Bench — CPU per request of the main pages as a ratio to a bare Flask page, at 100 and at 10,000 applications.

The bare page renders 20 kB of Jinja after one indexed query on the same database. Each page is asked many
times in turn with the bare one, so that a busy machine slows both; the median of the per-round ratios counts.
Then the rules of a ranking, in seconds (tests/bench/rules.py).

    python -m tests.bench [--rounds 30] [--sizes 100,10000]
"""

from __future__ import annotations

import argparse
import contextvars
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import flask
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from jinja2 import DictLoader

from accelerator import create_app
from accelerator.extensions import db
from tests.bench import rules
from tests.bench.programme import fill
from tests.conftest import test_settings

BUDGETS = {"home": 2.0, "founder's home": 3.0, "saving a review": 8.0, "ranking page": 6.0, "intake list": 6.0}
BARE_TEMPLATE = (
    "<!doctype html><title>{{ row.name }}</title><ul>"
    "{% for n in range(250) %}<li><a href='/things/{{ n }}'>{{ row.name }} number {{ n }}, a line of text like any other</a></li>{% endfor %}"
    "</ul>"
)


@dataclass(frozen=True)
class Measured:
    """One page at one size."""

    ratio: float
    milliseconds: float
    queries: int


def bare_app(uri: str) -> Flask:
    """A Flask page of 20 kB with one indexed query, and nothing else."""
    app = Flask("bare")
    app.jinja_loader = DictLoader({"bare.html": BARE_TEMPLATE})
    engine = sa.create_engine(uri)
    statement = sa.text("SELECT id, name FROM startup WHERE id = :id")

    @app.get("/")
    def page() -> str:
        with engine.connect() as connection:
            row = connection.execute(statement, {"id": 1}).one()
        return flask.render_template("bare.html", row=row)

    return app


def cpu(call: Callable[[], object], times: int) -> float:
    """CPU seconds of this process for one call, over so many."""
    start = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - start) / times


@dataclass(frozen=True)
class Site:
    """A filled programme: its application, its database, its pages."""

    app: Flask
    uri: str
    pages: dict[str, Callable[[int], object]]


def measure(sites: dict[int, Site], rounds: int) -> dict[int, dict[str, Measured]]:
    """Every page of every site beside the bare one, round by round, so that a busy moment falls on all of them."""
    results: dict[int, dict[str, Measured]] = {size: {} for size in sites}
    bare = bare_app(next(iter(sites.values())).uri).test_client()
    assert 18_000 < len(bare.get("/").data) < 22_000
    for name in BUDGETS:
        ratios: dict[int, list[float]] = {size: [] for size in sites}
        seconds: dict[int, list[float]] = {size: [] for size in sites}
        turns = {size: iter(range(4, 1_000_000)) for size in sites}
        queries = {}
        for size, site in sites.items():
            for turn in range(3):
                site.pages[name](turn)
            queries[size] = queries_of(site.app, site.pages[name], 3)
        for _ in range(rounds):
            alone, ours = [], {}
            for size, site in sites.items():  # each right after the bare page, whose mean of the round they share
                alone.append(cpu(partial(bare.get, "/"), 10))
                ours[size] = cpu(partial(_next_turn, site.pages[name], turns[size]), 5)
            for size in sites:
                ratios[size].append(ours[size] / statistics.mean(alone))
                seconds[size].append(ours[size])
        for size in sites:
            results[size][name] = Measured(
                statistics.median(ratios[size]), statistics.median(seconds[size]) * 1000, queries[size]
            )
    return results


def _next_turn(ask: Callable[[int], object], turns: Iterator[int]) -> object:
    return ask(next(turns))


def queries_of(app: Flask, ask: Callable[[int], object], turn: int) -> int:
    """How many statements one request sends."""
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    ask(turn)
    sa.event.remove(engine, "before_cursor_execute", note)
    return sum(not statement.startswith("BEGIN") for statement in statements)


def filled(size: int) -> Site:
    """A programme of this size, ready to be asked."""
    folder = Path(tempfile.mkdtemp(prefix="accelerator-bench-"))
    app = create_app(test_settings(folder, SQLITE_SYNCHRONOUS="NORMAL"))
    uri = str(app.config["SQLALCHEMY_DATABASE_URI"])
    with app.app_context():
        upgrade()
        paths = fill(size)
        db.session.remove()

    def get(user, path: str) -> Callable[[int], object]:
        client = client_of(app, user)

        def ask(_turn: int) -> object:
            answer = contextvars.Context().run(lambda: client.get(path))
            assert answer.status_code == 200, (path, answer.status_code)
            return answer

        return ask

    def save(turn: int) -> object:
        path, form = paths.reviews[turn % len(paths.reviews)]
        answer = contextvars.Context().run(lambda: reviewer.post(path, data={**form, "request_key": f"bench-{turn}"}))
        assert answer.status_code == 302, (path, answer.status_code, answer.text[:3000])
        return answer

    reviewer = client_of(app, paths.reviewer)
    pages = {
        "home": get(None, "/"),
        "founder's home": get(paths.founder, "/my/"),
        "saving a review": save,
        "ranking page": get(paths.manager, f"/staff/batches/{paths.batch_code}/ranking"),
        "intake list": get(paths.manager, f"/staff/batches/{paths.batch_code}/applications"),
    }
    return Site(app, uri, pages)


def client_of(app: Flask, user: tuple[int, int] | None):
    """A client signed in as (user id, session epoch), or nobody."""
    client = app.test_client()
    if user is not None:
        with client.session_transaction() as browser_session:
            browser_session["_user_id"] = f"{user[0]}.{user[1]}"
            browser_session["_fresh"] = True
    return client


def main() -> int:
    """Print the table; exit 1 when a budget is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=18)
    parser.add_argument("--sizes", default="100,10000")
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    sites = {}
    for size in sizes:
        sys.stderr.write(f"filling a programme of {size} applications …\n")
        sites[size] = filled(size)
    results = measure(sites, arguments.rounds)
    broken = False
    write = sys.stdout.write
    write(
        f"{'page':<18}{'budget':>8}"
        + "".join(f"{f'at {size}':>12}{'ms':>8}{'queries':>9}" for size in sizes)
        + f"{'growth':>9}\n"
    )
    for name, budget in BUDGETS.items():
        cells = [results[size][name] for size in sizes]
        growth = cells[-1].ratio / cells[0].ratio - 1
        over = (
            any(cell.ratio > budget for cell in cells)
            or abs(growth) > 0.10
            or len({cell.queries for cell in cells}) > 1
        )
        broken |= over
        write(
            f"{name:<18}{f'≤ {budget:g}×':>8}"
            + "".join(f"{cell.ratio:>11.2f}×{cell.milliseconds:>8.2f}{cell.queries:>9}" for cell in cells)
            + f"{growth:>+9.0%}{'   over budget' if over else ''}\n"
        )
    write("\n")
    return rules.main() or (1 if broken else 0)


if __name__ == "__main__":
    raise SystemExit(main())
