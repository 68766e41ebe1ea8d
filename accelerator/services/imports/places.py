"""Services · Imports · Places — one place of a batch taken, or none left."""

from __future__ import annotations

from sqlalchemy import update

from accelerator.models.programmes import Batch
from accelerator.services.transaction import changed_rows


def take_place(batch_id: int) -> bool:
    """True when a place was free and is now taken."""
    return (
        changed_rows(
            update(Batch)
            .where(Batch.id == batch_id, Batch.places_taken < Batch.places)
            .values(places_taken=Batch.places_taken + 1)
            .execution_options(synchronize_session=False)
        )
        == 1
    )
