"""Services · Usage — cost exports in, by hand, in the background or from a watched folder; whose account is whose."""

from __future__ import annotations

from accelerator.services.usage.accounts import link_cloud_account, unlink_cloud_account
from accelerator.services.usage.imports import Imported, import_usage
from accelerator.services.usage.inbox import read_inbox
from accelerator.services.usage.reading import LinesRefused, Read, Total, read_export, totals
from accelerator.services.usage.uploads import ask_upload, stop_upload

__all__ = [
    "Imported",
    "LinesRefused",
    "Read",
    "Total",
    "ask_upload",
    "import_usage",
    "link_cloud_account",
    "read_export",
    "read_inbox",
    "stop_upload",
    "totals",
    "unlink_cloud_account",
]
