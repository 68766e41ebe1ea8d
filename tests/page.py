"""A browser for tests that reads every page it opens as an inspector would."""

from __future__ import annotations

import contextvars
import json
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, url_for
from justhtml import JustHTML
from lxml import html as lxml_html
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

from accelerator.extensions import db

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
QUIET_INPUTS = {"hidden", "submit", "button", "image", "reset"}


class Page:
    """One answer, parsed. HTML is inspected when it is made; what is wrong with it fails the test."""

    def __init__(self, app: Flask, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.location = response.headers.get("Location")
        self.body = response.get_data(as_text=not _is_binary(response))
        self.tree: Any = None
        if response.mimetype == "text/html" and self.body and not 300 <= self.status < 400:
            self.tree = lxml_html.document_fromstring(self.body)
            problems = inspect(app, self.tree, str(self.body))
            assert not problems, f"{response.request.path} ({self.status}):\n  " + "\n  ".join(problems)

    @property
    def json(self) -> Any:
        """The parsed JSON body."""
        return json.loads(self.body)

    @property
    def h1(self) -> str:
        """The page's heading."""
        return _text(self.tree.find(".//h1"))

    @property
    def text(self) -> str:
        """What a reader reads, spaces folded."""
        return _text(self.tree.find(".//main"))

    @property
    def errors(self) -> list[str]:
        """The sentences of the error summary."""
        return [_text(item) for item in self.tree.xpath("//*[contains(@class,'error-summary')]//li")]

    @property
    def notices(self) -> list[str]:
        """The notices at the top of the page."""
        return [_text(item) for item in self.tree.xpath("//*[contains(@class,'notices')]/p")]

    def links(self, text: str) -> list[str]:
        """The addresses behind every link that reads so."""
        return [link.get("href") for link in self.tree.xpath("//main//a[@href]") if _text(link) == text]

    def value(self, name: str) -> str | None:
        """What a field shows."""
        for field in self.tree.xpath(f"//*[@name='{name}']"):
            if field.tag == "textarea":
                return (field.text or "").removeprefix("\n").removeprefix("\r\n")
            if field.tag == "select":
                chosen = field.xpath(".//option[@selected]")
                return chosen[0].get("value") if chosen else None
            if field.get("type") in ("radio", "checkbox"):
                if field.get("checked") is not None:
                    return field.get("value")
                continue
            return field.get("value")
        return None

    def table(self, caption: str | None = None) -> list[list[str]]:
        """The body rows of the first table, or of the one with this caption."""
        for table in self.tree.xpath("//table"):
            if caption is None or _text(table.find("caption")) == caption:
                return [[_text(cell) for cell in row.xpath("./th|./td")] for row in table.xpath("./tbody/tr")]
        raise AssertionError(f"no table {caption!r}")


class Browser:
    """Somebody at a browser. Each request runs in a context of its own, as on a server."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()

    def sign_in(self, user: Any) -> Browser:
        """The same browser, signed in as this person."""
        db.session.expire_all()
        with self.client.session_transaction() as browser_session:
            browser_session["_user_id"] = f"{user.id}.{user.session_epoch}"
            browser_session["_fresh"] = True
        return self

    def get(self, endpoint_or_path: str, **values: Any) -> Page:
        """Open a page by endpoint or by path."""
        return self._open("GET", endpoint_or_path, values, {})

    def post(self, endpoint_or_path: str, data: dict[str, Any] | None = None, **values: Any) -> Page:
        """Send a form to an endpoint or a path."""
        return self._open("POST", endpoint_or_path, values, {"data": data or {}})

    def post_json(self, endpoint_or_path: str, document: Any, **values: Any) -> Page:
        """Send JSON to an endpoint or a path."""
        return self._open(
            "POST", endpoint_or_path, values, {"json": document, "headers": {"Accept": "application/json"}}
        )

    def follow(self, page: Page) -> Page:
        """Open where a redirect leads."""
        assert page.location, f"no redirect: {page.status}"
        return self.get(page.location)

    def _open(self, method: str, target: str, values: dict[str, Any], options: dict[str, Any]) -> Page:
        path = target if target.startswith("/") else self.url(target, **values)
        headers = {"Accept-Language": "en", **options.pop("headers", {})}
        db.session.rollback()
        response = contextvars.Context().run(lambda: self.client.open(path, method=method, headers=headers, **options))
        db.session.expire_all()
        assert response.status_code < 500, f"{method} {path}: {response.status_code}\n{response.text[:2000]}"
        return Page(self.app, response)

    def url(self, endpoint: str, **values: Any) -> str:
        """The path of an endpoint."""
        with self.app.test_request_context():
            return url_for(endpoint, **values)


def inspect(app: Flask, tree: Any, source: str) -> list[str]:
    """Everything wrong with a page that a program can see."""
    problems: list[str] = []
    title = tree.findtext(".//title") or ""
    if not title.strip() or title.strip().startswith("–"):
        problems.append("no title")
    if not tree.get("lang"):
        problems.append("no language")
    if len(tree.findall(".//h1")) != 1:
        problems.append(f"{len(tree.findall('.//h1'))} h1")
    for element, times in Counter(node.get("id") for node in tree.xpath("//*[@id]")).items():
        if times > 1:
            problems.append(f"id {element!r} stands {times} times")
    ids = {node.get("id") for node in tree.xpath("//*[@id]")}
    for form in tree.findall(".//form"):
        if form.get("method", "get").lower() == "post" and not form.xpath(".//input[@name='csrf_token']"):
            problems.append(f"form {form.get('action')} has no CSRF token")
        if not form.get("action"):
            problems.append("a form has no action")
        elif not _is_known(app, form.get("action"), form.get("method", "get").upper()):
            problems.append(f"form action {form.get('action')} leads nowhere")
    for field in tree.xpath("//input|//select|//textarea"):
        if field.get("type") in QUIET_INPUTS:
            continue
        labelled = (
            field.get("aria-label")
            or field.get("aria-labelledby") in ids
            or field.xpath("ancestor::label")
            or (field.get("id") and tree.xpath(f"//label[@for={_quoted(field.get('id'))}]"))
        )
        if not labelled:
            problems.append(f"field {field.get('name')!r} has no label")
    for node in tree.xpath("//*[@aria-describedby]"):
        for reference in node.get("aria-describedby").split():
            if reference not in ids:
                problems.append(f"aria-describedby names {reference!r}, which is not there")
    for link in tree.xpath("//a[@href]"):
        href = link.get("href")
        if href.startswith("#"):
            if href[1:] and href[1:] not in ids:
                problems.append(f"link to {href}, which is not there")
        elif href.startswith("/") and not _is_known(app, href, "GET"):
            problems.append(f"link {href} leads nowhere")
        elif href == "":
            problems.append("an empty link")
        if not (_text(link) or link.get("aria-label") or link.xpath(".//img[@alt!='']")):
            problems.append(f"link {href} has no words")
    for button in tree.xpath("//button"):
        if not (_text(button) or button.get("aria-label")):
            problems.append("a button has no words")
    for table in tree.findall(".//table"):
        if table.find("caption") is None:
            problems.append("a table has no caption")
        if table.xpath(".//th[not(@scope)]"):
            problems.append("a column or row heading has no scope")
    if tree.xpath("//img[not(@alt)]"):
        problems.append("an image has no alternative text")
    if tree.xpath("//*[@style]") or tree.xpath("//style") or tree.xpath("//script[not(@src)]"):
        problems.append("inline style or script")
    if tree.xpath("//*[@onclick or @onchange or @onsubmit or @onload]"):
        problems.append("inline event handler")
    problems += [f"HTML: {error}" for error in JustHTML(source, collect_errors=True).errors][:5]
    return problems


def _is_known(app: Flask, href: str, method: str) -> bool:
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return True
    adapter = app.url_map.bind("localhost")
    try:
        adapter.match(parts.path or "/", method=method)
    except RequestRedirect:
        return True
    except HTTPException:
        return parts.path.startswith("/static/")
    return True


def _text(node: Any) -> str:
    return " ".join(node.text_content().split()) if node is not None else ""


def _quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"


def _is_binary(response: TestResponse) -> bool:
    return response.mimetype in {"application/pdf", "application/zip", "application/octet-stream", XLSX}
