"""Services · Imports — spreadsheets of startups, applications and reviews move in, whole rows only, with a report."""

from accelerator.services.imports.applications import import_applications
from accelerator.services.imports.reports import LineNote, Report
from accelerator.services.imports.reviews import import_reviews
from accelerator.services.imports.startups import import_startups

__all__ = ["LineNote", "Report", "import_applications", "import_reviews", "import_startups"]
