"""Web · Binding — a form meets a request; a refused page answers 422 and keeps what was typed."""

from __future__ import annotations

import secrets
from typing import TypeVar

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import CombinedMultiDict

from accelerator.forms.base import BaseForm

AnyForm = TypeVar("AnyForm", bound=BaseForm)


def bind(form_class: type[AnyForm], **shown: object) -> AnyForm:
    """The form with what was posted, or on a GET with the values to show first."""
    if request.method == "POST":
        return form_class(CombinedMultiDict([request.files, request.form]), data=shown)
    return form_class(data=shown)


def bind_query(form_class: type[AnyForm]) -> AnyForm:
    """A filter form with what the address says; wrong values are dropped, not refused."""
    form = form_class(request.args)
    form.validate()
    return form


def asked(form: BaseForm) -> dict[str, str]:
    """The filters as the address has them, for links that keep them on another page of the list."""
    return {name: text for name in form.data if (text := request.args.get(name))}


def accepted(form: BaseForm) -> bool:
    """True when the form was posted and its text has the right shape."""
    return request.method == "POST" and form.validate()


def page(template: str, *, form: BaseForm | None = None, **shown: object) -> ResponseReturnValue:
    """The rendered page; 422 when its form was refused."""
    status = 422 if form is not None and form.is_refused else 200
    return render_template(template, form=form, **shown), status


def request_key() -> str:
    """The key this form was drawn with; a fresh one where a client sends none."""
    return (request.form.get("request_key") or secrets.token_hex(16))[:40]


def page_number() -> int:
    """The page asked for in the address, from 1; a page that cannot be is 404."""
    text = request.args.get("page", "1")
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        abort(404)
    return int(text)
