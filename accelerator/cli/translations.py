"""CLI · Translations — one French catalogue a room, merged and compiled for Flask-Babel.

The sentences are English in the source. `accelerator/translations/fr/<room>.po` holds their French.
"""

from __future__ import annotations

from pathlib import Path

import click
from babel.messages import pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from flask.cli import AppGroup

from accelerator.shapes import typeset

ROOT = Path(__file__).resolve().parents[2]
FRENCH = ROOT / "accelerator" / "translations" / "fr"
COMPILED = FRENCH / "LC_MESSAGES" / "messages.mo"
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "Message": None}

commands = AppGroup("translations", help="French catalogues: compile, and find what is missing.")


def source_sentences() -> dict[str | tuple[str, str], str]:
    """Every sentence marked for translation, with the place it was first seen."""
    found: dict[str | tuple[str, str], str] = {}
    for folder in ("accelerator", "templates"):
        for file, line, message, _comments, _context in extract_from_dir(
            str(ROOT / folder),
            method_map=[("**.py", "python"), ("**.html", "jinja2")],
            options_map={"**.html": {"trimmed": "true", "silent": "false"}},
            keywords=KEYWORDS,
        ):
            key = tuple(message[:2]) if isinstance(message, tuple) else message
            found.setdefault(key, f"{folder}/{file}:{line}")
    return found


def merged_catalogue() -> tuple[Catalog, list[str]]:
    """The rooms' catalogues as one, and the sentences that two rooms translate differently."""
    catalogue, seen, clashes = Catalog(locale="fr"), {}, []
    for path in sorted(FRENCH.glob("*.po")):
        with path.open("rb") as file:
            for message in pofile.read_po(file, locale="fr"):
                if not message.id or message.fuzzy or not message.string:
                    continue
                if message.id in seen and seen[message.id][0] != message.string:
                    clashes.append(f"{message.id!r}: {seen[message.id][1]} and {path.name} differ")
                    continue
                seen.setdefault(message.id, (message.string, path.name))
                plurals = isinstance(message.string, tuple | list)
                catalogue.add(
                    message.id, tuple(map(typeset, message.string)) if plurals else typeset(str(message.string))
                )
    return catalogue, clashes


def missing_sentences() -> list[str]:
    """What the source says and no catalogue translates, as "place: sentence"."""
    catalogue, _clashes = merged_catalogue()
    return [
        f"{place}: {key}"
        for key, place in sorted(source_sentences().items(), key=lambda item: item[1])
        if not (entry := catalogue.get(key if isinstance(key, str) else key[0]))
        or not all(entry.string if isinstance(entry.string, tuple | list) else (entry.string,))
    ]


def unused_sentences() -> list[str]:
    """What a catalogue translates and the source no longer says."""
    said = {key if isinstance(key, str) else key[0] for key in source_sentences()}
    return sorted(
        str(message.id)
        for message in merged_catalogue()[0]
        if message.id and (message.id if isinstance(message.id, str) else message.id[0]) not in said
    )


@commands.command("compile")
def compile_catalogue() -> None:
    """Merge the rooms' catalogues and write the compiled one, if anything changed."""
    catalogue, clashes = merged_catalogue()
    if clashes:
        raise click.ClickException("two rooms translate a sentence differently:\n" + "\n".join(clashes))
    COMPILED.parent.mkdir(parents=True, exist_ok=True)
    with COMPILED.open("wb") as file:
        write_mo(file, catalogue)
    click.echo(f"{len(catalogue)} sentences compiled")


@commands.command("check")
def check() -> None:
    """Exit 1 when a sentence has no French or two rooms disagree."""
    _catalogue, clashes = merged_catalogue()
    lines = [*clashes, *missing_sentences(), *(f"unused: {text}" for text in unused_sentences())]
    for line in lines:
        click.echo(line)
    if lines:
        raise SystemExit(1)
    click.echo("every sentence has its French")
