"""Outbound · PDF text child — the process that reads the words of one PDF, and ends.

Run as a file, on its own: the path, seconds of processor time and mebibytes of memory as arguments; a JSON list with
the text of every page on standard output.
"""

import json
import logging
import resource
import sys

MEBIBYTE = 1024 * 1024


def main() -> int:
    """Read, or say with the exit status that it cannot be done."""
    path, seconds, mebibytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (mebibytes * MEBIBYTE, mebibytes * MEBIBYTE))
    logging.disable(logging.CRITICAL)
    from pypdf import PdfReader  # noqa: PLC0415 - in this process only

    try:
        texts = [page.extract_text() for page in PdfReader(path).pages]
    except Exception as error:  # whatever a damaged file does to the library, it is a file that cannot be read
        sys.stderr.write(type(error).__name__)
        return 1
    sys.stdout.write(json.dumps(texts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
