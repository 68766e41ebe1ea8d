"""The programme from the first call to the report of a batch, chapter by chapter, in real Chromium."""
