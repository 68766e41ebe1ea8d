"""Outbound · PDF child — the process that turns one HTML document into one tagged PDF, and ends.

Run as a file, on its own: HTML on standard input, PDF on standard output, the number of pages on standard error.
Arguments: the folder whose fonts and style sheets may be read, seconds of processor time, mebibytes of memory.
It reads nothing else, and reaches no network.
"""

import resource
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

LIBRARY_MISSING = 3
TOO_LARGE = 4
MEBIBYTE = 1024 * 1024
OPTIONS = {"pdf_variant": "pdf/ua-1", "pdf_tags": True}
READABLE = {".css", ".woff2", ".svg"}


def main() -> int:
    """Render, or say with the exit status why not."""
    static, seconds, mebibytes = Path(sys.argv[1]).resolve(), int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (mebibytes * MEBIBYTE, mebibytes * MEBIBYTE))
    try:
        import weasyprint  # noqa: PLC0415 - 1.4 s, and absent Pango shows here
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except OSError as error:
        sys.stderr.write(str(error))
        return LIBRARY_MISSING

    class OwnFilesOnly(URLFetcher):
        """Hands over our own style sheets and fonts, and data: addresses."""

        def fetch(self, url, headers=None):  # type: ignore[no-untyped-def]
            """The resource, or a refusal."""
            parts = urlsplit(url)
            if parts.scheme == "file" and not parts.netloc:
                path = Path(unquote(parts.path)).resolve()
                allowed = path.is_relative_to(static) and path.suffix in READABLE
            else:
                allowed = parts.scheme == "data"
            if not allowed:
                raise ValueError("only files of our own may be read")
            return super().fetch(url, headers)

    try:
        document = weasyprint.HTML(
            string=sys.stdin.buffer.read().decode("utf-8"),
            base_url=f"{static.as_uri()}/",
            url_fetcher=OwnFilesOnly(allowed_protocols={"file", "data"}),
        ).render(**OPTIONS)
        sys.stdout.buffer.write(document.write_pdf(**OPTIONS))
    except (MemoryError, RecursionError) as error:
        sys.stderr.write(type(error).__name__)
        return TOO_LARGE
    sys.stderr.write(f"\npages={len(document.pages)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
