"""The plan of the house, held by tests: floors, imports, the clock, the commit, sizes, docstrings, words."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path for path in (ROOT / "accelerator").rglob("*.py") if "migrations" not in path.parts)
FLOORS_WITHOUT_WRITES = ("queries", "web", "jobs", "cli", "forms", "rules", "kernel")


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_keeps_the_house_rules(path: Path):
    tree = _tree(path)
    relative = path.relative_to(ROOT / "accelerator")
    problems = []

    if not ast.get_docstring(tree):
        problems.append("no docstring")
    if len(path.read_text().splitlines()) > 400:
        problems.append("more than 400 lines")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            if length > 50 and str(relative) not in ("__init__.py", "config.py"):
                problems.append(f"{node.name} has {length} lines")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = ast.unparse(node.func)
            if name in ("datetime.now", "date.today", "datetime.today", "datetime.utcnow") and path.name != "clock.py":
                problems.append(f"line {node.lineno}: {name} (ask kernel/clock.py)")
            if node.func.attr == "commit" and str(relative) != "services/transaction.py":
                problems.append(f"line {node.lineno}: commit outside services/transaction.py")
            if name in ("db.session.add", "db.session.delete", "db.session.flush") and relative.parts[0] != "services":
                problems.append(f"line {node.lineno}: {name} outside services")

    assert problems == []


def test_floors_import_downwards_only():
    lint_imports = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint_imports], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_every_sentence_has_its_french():
    from accelerator.cli.translations import merged_catalogue, missing_sentences, unused_sentences

    assert merged_catalogue()[1] == []
    assert missing_sentences() == []
    assert unused_sentences() == []


def test_every_state_has_a_word():
    from accelerator.kernel import enums
    from accelerator.web.words import WORDS

    said_elsewhere = (enums.LedgerAccount, enums.QuestionKind, enums.TokenPurpose)
    states = {
        (kind, member.value)
        for kind in vars(enums).values()
        if isinstance(kind, type)
        and issubclass(kind, enums.StrEnum)
        and kind is not enums.StrEnum
        and kind not in said_elsewhere
        for member in kind
    }
    assert states - {(enums.Role, enums.Role.SYSTEM.value)} - set(WORDS) == set()


def test_templates_name_no_outside_host_and_no_inline_code():
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        for forbidden in ("http://", "https://", "style=", "onclick=", "<style"):
            assert forbidden not in text.replace("http://www.w3.org/", ""), f"{path}: {forbidden}"
