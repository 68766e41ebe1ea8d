"""What an answer must be, how words are counted, how two people's edits meet, receipts."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright._impl._driver import compute_driver_executable
from stdnum.iso7064 import mod_97_10

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import QuestionKind
from accelerator.kernel.errors import RuleViolation
from accelerator.rules import applications
from accelerator.rules.applications import AskedQuestion, Merge, TypedAnswer, count_words, fingerprint

WORDS_JS = Path(__file__).resolve().parents[2] / "static" / "js" / "words.js"

COUNTED = [
    ("", 0),
    ("   \n\t ", 0),
    ("one", 1),
    ("one two", 2),
    ("state-of-the-art", 1),
    ("l’IA générative", 2),
    ("l'IA d’aujourd’hui", 2),
    ("a - b", 2),
    ("a — b", 2),
    ("… ? !", 0),
    ("Vraiment ? Oui !", 2),
    ("Vraiment\u202f? Oui\u00a0!", 2),
    ("3,5 %", 1),
    ("100 000 €", 3),
    ("one\u00a0two\u202fthree\u2009four\u3000five", 5),
    ("zero\u200bwidth", 2),
    ("soft\u00adhyphen", 1),
    ("line\nbreak\r\nand\ttab", 4),
    ("line\u2028separator\u0085next", 3),
    ("\ufeffbom", 1),
    ("日本語 の 文", 3),
    ("日本語の文", 1),
    ("👩‍💻 codes", 2),
    ("🇫🇷", 1),
    ("e\u0301te\u0301", 1),
    ("₂ ½ Ⅻ", 3),
    ("https://example.org/a?b=c", 1),
    ("« Bonjour »", 1),
    ("“quoted” text", 2),
    ("C++ C# .NET", 3),
    ("a/b", 1),
    ("1. 2) (3)", 3),
    ("*** --- ___", 0),
    ("٣ أهلا", 2),
    ("\U0001f600\U0001f600 x", 2),
    ("\x1c\x1d", 1),
]


@pytest.mark.parametrize(("text", "words"), COUNTED)
def test_count_words(text, words):
    assert count_words(text) == words


def test_the_page_counts_words_as_the_server_does(tmp_path):
    node, _cli = compute_driver_executable()
    texts = [text for text, _words in COUNTED] + [chr(code) + "x " + chr(code) for code in range(1, 0xD800, 7)]
    script = (
        f"require({json.dumps(str(WORDS_JS))});"
        "const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(texts.map(countWords)));"
    )

    counted = subprocess.run([node, "-e", script], input=json.dumps(texts), capture_output=True, text=True, check=True)

    assert json.loads(counted.stdout) == [count_words(text) for text in texts]


def test_counting_a_megabyte_takes_no_time():
    assert count_words("!" * 1_000_000) == 0
    assert count_words("a " * 500_000) == 500_000


def question(kind: QuestionKind = QuestionKind.LONG_TEXT, **others: object) -> AskedQuestion:
    defaults = {"id": 7, "code": "q", "step": 2, "label": Bilingual("Q", "Q"), "help": Bilingual("", "")}
    return AskedQuestion(**{**defaults, "kind": kind, "is_required": True, **others})


CHOICES = (("a", Bilingual("A", "A")), ("b", Bilingual("B", "B")))


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (question(max_words=2), "two words"),
        (question(QuestionKind.SHORT_TEXT), "x"),
        (question(is_required=False), ""),
        (question(QuestionKind.CHOICE, choices=CHOICES), "b"),
        (question(QuestionKind.YES_NO), "no"),
        (question(QuestionKind.NUMBER), "0"),
        (question(QuestionKind.NUMBER), "-12,5"),
        (question(QuestionKind.NUMBER), "1 500 000"),
        (question(QuestionKind.NUMBER), "1\u202f500,50"),
        (question(QuestionKind.URL), "https://exemple.fr/demo?x=1"),
        (question(QuestionKind.URL), "http://münchen.example"),
    ],
)
def test_an_answer_in_shape_has_no_problem(asked, text):
    assert applications.problem_with(asked, text) is None


@pytest.mark.parametrize(
    ("asked", "text", "problem"),
    [
        (question(), "", "This answer is missing."),
        (question(max_words=2), "three small words", "At most 2 words; these are 3."),
        (question(QuestionKind.CHOICE, choices=CHOICES), "c", "Choose one of the answers."),
        (question(QuestionKind.YES_NO), "perhaps", "Choose one of the answers."),
        (question(QuestionKind.NUMBER), "many", "Type a number, in digits: 12 or 1500,50."),
        (question(QuestionKind.NUMBER), "1e9", "Type a number, in digits: 12 or 1500,50."),
        (question(QuestionKind.NUMBER), "٣", "Type a number, in digits: 12 or 1500,50."),
        (question(QuestionKind.NUMBER), "NaN", "Type a number, in digits: 12 or 1500,50."),
        (question(QuestionKind.URL), "exemple.fr", "Type a whole web address: https://example.org."),
        (question(QuestionKind.URL), "javascript:alert(1)", "Type a whole web address: https://example.org."),
        (question(QuestionKind.URL), "https://user@evil.example", "Type a whole web address: https://example.org."),
        (question(QuestionKind.URL), "https://[", "Type a whole web address: https://example.org."),
        (question(QuestionKind.URL), "https://a b.example", "Type a whole web address: https://example.org."),
    ],
)
def test_an_answer_out_of_shape_says_what_to_do(asked, text, problem):
    assert applications.problem_with(asked, text) == problem


def test_even_a_draft_keeps_a_bounded_text_only():
    applications.refuse_too_long(question(), "x" * 12_000)

    with pytest.raises(RuleViolation) as refusal:
        applications.refuse_too_long(question(), "x" * 12_001)
    assert refusal.value.field == "q_7"


@pytest.mark.parametrize(
    ("typed", "over", "stored", "merged"),
    [
        ("new", "old", "old", Merge.WRITE),
        ("new", "", "", Merge.WRITE),
        ("", "old", "old", Merge.WRITE),
        ("same", "old", "same", Merge.KEEP),
        ("old", "old", "changed by Eve", Merge.KEEP),
        ("", "", "written by Eve", Merge.KEEP),
        ("new", "old", "changed by Eve", Merge.CONFLICT),
        ("new", "", "written by Eve", Merge.CONFLICT),
        ("new", "old", "", Merge.CONFLICT),
    ],
)
def test_two_people_never_overwrite_each_other_unseen(typed, over, stored, merged):
    assert applications.merge(TypedAnswer(typed, fingerprint(over)), stored) is merged


@given(st.text(), st.text(), st.text())
def test_merge_writes_only_over_what_the_person_saw(typed, over, stored):
    merged = applications.merge(TypedAnswer(typed, fingerprint(over)), stored)

    if merged is Merge.WRITE:
        assert stored == over
    if merged is Merge.CONFLICT:
        assert len({typed, over, stored}) == 3


def test_problems_come_in_the_order_of_the_form():
    asked = [question(id=1, step=3), question(id=2, step=2)]

    found = applications.problems(
        asked, {}, missing_of_startup=applications.missing_of_startup(pitch="", city="Lyon"), has_deck=False
    )

    assert [(problem.step, problem.anchor) for problem in found] == [
        (1, "startup"),
        (2, "q_2"),
        (3, "q_1"),
        (4, "deck"),
    ]


@pytest.mark.parametrize(
    ("code", "number", "start"),
    [
        ("GS-2025-1", 42, "GS-2025-1-0042-"),
        ("GS-2025-1", 1234567, "GS-2025-1-1234567-"),
        ("Été 2027 / régions !", 1, "ETE-2027-REG-0001-"),
        ("日本", 1, "R-0001-"),
    ],
)
def test_receipt_number_fits_its_column_and_carries_its_check(code, number, start):
    made = applications.receipt_number(code, number)

    assert made[:-2] == start
    assert len(made) <= 20
    assert mod_97_10.is_valid(made.replace("-", ""))


@given(st.integers(1, 9_999), st.integers(1, 9_999))
def test_receipt_numbers_differ(one, other):
    same = applications.receipt_number("GS-2025-1", one) == applications.receipt_number("GS-2025-1", other)

    assert same == (one == other)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("Deck 2026.pdf", "Deck 2026.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\ada\\deck.PDF", "deck.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie x.pdf"),
        ("\u202egpj.pdf", "gpj.pdf"),
        ("", "deck.pdf"),
        (".pdf", "deck.pdf"),
        ("présentation.pptx", "présentation.pptx.pdf"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
        ("\ud800.pdf", "deck.pdf"),
    ],
)
def test_kept_file_name(given_name, kept):
    assert applications.kept_file_name(given_name) == kept
