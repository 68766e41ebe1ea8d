"""Real Chromium on a real server: console errors, accessibility and overflow fail the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask_migrate import upgrade
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from accelerator import create_app
from accelerator.extensions import db as database
from tests.conftest import test_settings
from tests.server import LiveServer, live_server

CHROMIUM = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
AXE_OPTIONS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
HEADINGS = (
    "[document.title, ...document.querySelectorAll('main h1, main h2')].map(one => one.textContent ?? one).join()"
)
FAILURES = Path(__file__).parent / "failures"


def chromium_path() -> str:
    """Where the browser is; CHROMIUM names another one."""
    for name in (os.environ.get("CHROMIUM", ""), *CHROMIUM):
        if name and (found := shutil.which(name)):
            return found
    raise RuntimeError("no Chromium: install it (Debian: apt-get install chromium) or set CHROMIUM")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the run."""
    with sync_playwright() as playwright:
        flags = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[LiveServer]:
    """The whole site on a port of its own, forged forms refused as in production, on an empty database."""
    app = create_app(test_settings(tmp_path, WTF_CSRF_ENABLED=True))
    with app.app_context():
        upgrade()
        database.session.remove()
        with live_server(app) as server:
            yield server
        database.session.remove()
        database.engine.dispose()


class Person:
    """Somebody in front of a browser window; every page they meet can be inspected."""

    def __init__(self, browser: Browser, site: LiveServer, *, locale: str, width: int = 1280) -> None:
        self.site = site
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": 900}, locale=locale, base_url=site.url
        )
        self.context.set_default_timeout(15_000)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))
        self.page.on("response", lambda answer: self._note_status(answer.status, answer.url))
        self.inspected: set[str] = set()

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _note_status(self, status: int, url: str) -> None:
        if status >= 500:
            self.complaints.append(f"{url}: {status}")

    def sign_in(self, email: str, password: str) -> None:
        """By password, through the page."""
        self.page.goto("/sign-in")
        self.page.fill("#email", email)
        self.page.fill("#password", password)
        with self.page.expect_navigation():
            self.page.click("main form button[type=submit]")
        assert "/sign-in" not in self.page.url, self.page.inner_text("main")

    def open(self, path: str) -> None:
        """Open a page and inspect it."""
        answer = self.page.goto(path)
        assert answer is not None and answer.status < 400, f"{path}: {answer and answer.status}"
        self.inspect()

    def inspect(self) -> None:
        """axe in light and in dark, and no sideways scrolling on a phone; a page with the same headings once."""
        name = self.page.evaluate(HEADINGS)
        if name in self.inspected:
            return
        self.inspected.add(name)
        width = self.page.viewport_size
        for theme in ("light", "dark"):
            self.page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme }", theme)
            found = Axe().run(self.page, options=AXE_OPTIONS).response["violations"]
            if found:
                FAILURES.mkdir(exist_ok=True)
                self.page.screenshot(path=FAILURES / f"{len(self.complaints)}-{theme}.png", full_page=True)
            self.complaints += [
                f"{self.page.url} ({theme}): {item['id']}: {item['help']}: {[node['target'] for node in item['nodes']][:3]}"
                for item in found
            ]
        self.page.set_viewport_size({"width": 390, "height": 844})
        overflow = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 0:
            self.complaints.append(f"{self.page.url}: scrolls {overflow} px sideways on a phone")
        self.page.set_viewport_size(width)
        self.page.evaluate("document.documentElement.dataset.bsTheme = 'light'")

    def press(self, words: str) -> None:
        """Press the button or follow the link of the page's content that reads so, then inspect what opens."""
        main = self.page.locator("main")
        target = main.get_by_role("button", name=words, exact=True).or_(
            main.get_by_role("link", name=words, exact=True)
        )
        with self.page.expect_navigation():
            target.first.click()
        self.inspect()

    def reads(self, words: str) -> None:
        """The page's content says so, whatever the spaces."""
        words, text = " ".join(words.split()), " ".join(self.page.inner_text("main").split())
        assert words in text, f"{self.page.url} does not say {words!r}:\n{text[:3000]}"

    def leave(self) -> None:
        """Close the window."""
        self.context.close()
