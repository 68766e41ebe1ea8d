"""Outbound · Report pages — the HTML of a printed report, in its own language, whatever the reader's."""

from __future__ import annotations

import gettext as catalogues
from collections.abc import Mapping
from functools import cache
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from accelerator import shapes
from accelerator.outbound import settings

SVG_STYLE: Final = Markup(
    "<style>"
    "text{font-family:'Atkinson','Atkinson Ext','DejaVu Sans',sans-serif;font-size:12px;fill:#4c5166}"
    ".axis{stroke:#d9d5ca;stroke-width:1;fill:none}.mark{stroke:#b8431a;stroke-width:1.5;stroke-dasharray:3 3}"
    ".mark-label{fill:#b8431a;font-weight:600}.bar-label{fill:#161a2b}.bar-value{fill:#161a2b;font-weight:600}"
    ".line-1{stroke:#2f49b5;stroke-width:2.5;fill:none}"
    ".line-2{stroke:#b8431a;stroke-width:2.5;fill:none;stroke-dasharray:6 4}"
    ".dot-1{fill:#2f49b5}.dot-2{fill:#b8431a}.area-1{fill:#2f49b5;fill-opacity:.16}.bar-1{fill:#2f49b5}"
    ".inset{fill:none;stroke:#d9d5ca}path{stroke:#ffffff;stroke-width:1}"
    ".shade-0{fill:#e9e6dc}.shade-1{fill:#c6cfee}.shade-2{fill:#93a3dd}.shade-3{fill:#5d73c6}.shade-4{fill:#1d2b6b}"
    "</style>"
)
"""The colours of charts and map on paper; a drawing in a PDF does not see the page's style sheet."""


@cache
def _environment(language: str) -> Environment:
    catalogue = catalogues.translation(
        "messages", localedir=settings.translations, languages=[language], fallback=language == "en"
    )

    def said(text: str, **values: object) -> str:
        sentence = catalogue.gettext(text)
        return sentence % values if values else sentence

    def counted(one: str, many: str, num: int, **values: object) -> str:
        return catalogue.ngettext(one, many, num) % {"num": num, **values}

    environment = Environment(
        loader=FileSystemLoader(settings.templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(shapes.filters(language, said, settings.words))
    environment.globals.update(_=said, ngettext=counted, language=language, svg_style=SVG_STYLE)
    return environment


def html(template: str, language: str, values: Mapping[str, object]) -> str:
    """The document of a template under `templates/reports`.

    Raises: FileNotFoundError when the compiled French catalogue is missing.
    """
    return _environment(language).get_template(f"reports/{template}").render(**values)
