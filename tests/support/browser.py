"""For tests of the web: one app, meetings with links for every role, browsers that claim links as people do.

Requests go through the whole WSGI stack (middleware, admission, Flask). Not here: any assertion about a rule.
"""

from __future__ import annotations

import html
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.test import Client, TestResponse

from meetingsvc.core.kernel import Actor
from meetingsvc.web.context import Services
from tests.support.making import command

ORIGIN = "http://127.0.0.1:8000"
SECRETARY = Actor("0" * 16, "secretary")

Json = dict[str, Any]


def services_of(app: Flask) -> Services:
    found: Services = app.extensions["meetingsvc"]
    return found


@dataclass
class Meeting:
    """One meeting with its links. `secrets`: role, or code of a delegation, to the secret of a link."""

    app: Flask
    id: str
    secrets: dict[str, str] = field(default_factory=dict)
    grants: dict[str, str] = field(default_factory=dict)

    @property
    def services(self) -> Services:
        return services_of(self.app)

    def do(self, name: str, /, **body: Any) -> int:
        """An act straight through `Meetings`, by the secretariat; gives the seq."""
        return self.services.meetings.perform(self.id, SECRETARY, [command(name, **body)]).seq

    def link(self, name: str, role: str, delegation: int | None = None, label: str = "") -> str:
        grant, secret = self.services.links.make(self.id, role, delegation, label)
        self.secrets[name], self.grants[name] = secret, grant.id
        return secret

    def call(self, method: str, path: str, who: str | None = None, **given: Any) -> TestResponse:
        """A request of a program: `who` is a name in `secrets`; no cookies."""
        headers = given.pop("headers", {})
        if who is not None:
            headers = {"Authorization": f"Bearer {self.secrets[who]}", **headers}
        given.setdefault("environ_base", {"REMOTE_ADDR": "127.0.0.1"})
        return Client(self.app).open(path, method=method, base_url=ORIGIN, headers=headers, **given)

    def get(self, path: str, who: str | None = None, **given: Any) -> TestResponse:
        return self.call("GET", path, who, **given)

    def api(self, what: str, who: str | None = None, **given: Any) -> TestResponse:
        return self.get(f"/api/v1/meetings/{self.id}/{what}", who, **given)

    def act(self, who: str | None, name: str, body: Any = None, key: str | None = None, **given: Any) -> TestResponse:
        """A press by a program."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16), **given.pop("headers", {})}
        data = {"json": {} if body is None else body} if "data" not in given else {}
        path = f"/api/v1/meetings/{self.id}/commands/{name}"
        return self.call("POST", path, who, headers=headers, **data, **given)

    def view(self, who: str | None = None, audience: str | None = None) -> Json:
        answer = self.api("state" + (f"?audience={audience}" if audience else ""), who)
        assert answer.status_code == 200, answer.text
        found: Json = answer.get_json()["view"]
        return found

    def seq(self) -> int:
        head = self.services.meetings.log.head(self.id)
        assert head is not None
        return head[0]

    def delegation(self, code: str) -> int:
        rows = self.services.meetings.history(self.id).state.roster.delegations.values()
        return next(row.id for row in rows if row.code == code)


class Browser:
    """Cookies, forms, and nothing a person could not do."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = Client(app)

    def get(self, path: str, **given: Any) -> TestResponse:
        return self.client.get(path, base_url=ORIGIN, **given)

    def post(self, path: str, **given: Any) -> TestResponse:
        """A form as browsers send it from our pages: without referrer, so with Origin null."""
        headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin", **given.pop("headers", {})}
        return self.client.post(path, base_url=ORIGIN, headers=headers, **given)

    def claim(self, secret: str) -> str:
        """Open a personal link and press the button; gives the clean address."""
        page = self.get(f"/join/{secret}")
        assert page.status_code == 200, page.text
        answer = self.post(f"/join/{secret}", data={"form": form_token(page)})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def act(self, meeting: str, number: int | None, name: str, body: Json, **headers: str) -> TestResponse:
        """A press on a live page."""
        given = {"Origin": ORIGIN, "Idempotency-Key": secrets.token_hex(16), **headers}
        if number is not None:
            given["Grant"] = str(number)
        path = f"/api/v1/meetings/{meeting}/commands/{name}"
        return self.client.post(path, base_url=ORIGIN, headers=given, json=body)


def said(page: str) -> str:
    """The words of a page, as somebody reads them."""
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", page).split()))


def form_token(page: TestResponse, action: str | None = None) -> str:
    """The token of the (first, or named) form of a page."""
    text = page.text
    if action is not None:
        text = text[html.unescape(text).index(f'action="{action}') :]
    found = re.search(r'name="form" value="([0-9a-f]{64})"', text)
    assert found, page.text
    return found[1]


def hidden(page: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
    assert found, page.text
    return html.unescape(found[1])
