"""Kernel · Message — a sentence for the user, written in English and translated only at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


class Message(str):
    """A translatable sentence with its values: `Message("%(left)s seats left", left=3)`.

    It behaves as the English sentence, so that logs, the command line and tests read it directly;
    the web floor translates `msgid` and fills in `values`. A value may be a Message itself.
    """

    msgid: str
    values: dict[str, object]

    def __new__(cls, msgid: str, **values: object) -> Message:
        """The sentence with its values filled in, in English."""
        text = super().__new__(cls, msgid % values if values else msgid)
        text.msgid = msgid
        text.values = values
        return text

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.msgid, self.values))


def _rebuild(msgid: str, values: dict[str, object]) -> Message:
    return Message(msgid, **values)


def N_(msgid: str) -> str:
    """Marks a sentence for translation where it is written; returns it unchanged."""
    return msgid


LOCALES: Final = ("fr", "en")
"""The languages of the product, the default first."""


def packed(message: str) -> dict[str, object]:
    """A sentence as a document to store: a Message with its values, those that are Messages too in the same way."""
    if not isinstance(message, Message):
        return {"text": str(message)}
    values = {key: packed(value) if isinstance(value, Message) else value for key, value in message.values.items()}
    return {"msgid": message.msgid, "values": values}


def unpacked(document: Mapping[str, object]) -> str:
    """The sentence that `packed` stored."""
    values = document.get("values")
    if "msgid" not in document or not isinstance(values, Mapping):
        return str(document.get("text", ""))
    return Message(
        str(document["msgid"]),
        **{key: unpacked(value) if isinstance(value, Mapping) else value for key, value in values.items()},
    )
