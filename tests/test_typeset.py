"""French as it is set: in the compiled catalogue, and in texts stored in both languages."""

from __future__ import annotations

import pytest

from accelerator.shapes import typeset


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Objectif : 2 500 startups", "Objectif\u00a0: 2\u00a0500 startups"),
        ("Êtes-vous sûr\u202f? Oui ; non !", "Êtes-vous sûr\u00a0? Oui\u00a0; non\u00a0!"),
        ("« %(text)s » n’est pas un jour", "«\u00a0%(text)s\u00a0» n’est pas un jour"),
        ("avec 80 %% de probabilité", "avec 80\u00a0%% de probabilité"),
        ("le %(day)s à %(time)s", "le %(day)s à %(time)s"),
        ("à 09:00, le 12 2026", "à 09:00, le 12 2026"),
    ],
)
def test_typeset_glues_what_french_never_breaks(typed, shown):
    assert typeset(typed) == shown
