"""The whole app on an office's database, asked over HTTP as calendar programs do. Not here: assertions."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from werkzeug.test import Client, TestResponse

from meetingsvc.app import create_app
from meetingsvc.config import Config
from meetingsvc.web.context import Services
from tests.support.body_scenario import BodyScenario, Clock

BASE = "http://127.0.0.1:8000"


class BodyApp:
    """The whole app on an office's database, asked over HTTP as calendar programs do."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        environ = {"MEETINGSVC_DATABASE_URL": str(folder / "m.db"), "MEETINGSVC_ASYNC_MODE": "threading"}
        self.app: Flask = create_app(Config.load(environ), clock)
        self.services: Services = self.app.extensions["meetingsvc"]
        self.office = BodyScenario(self.services.meetings.database, clock)
        self.office.meetings, self.office.links = self.services.meetings, self.services.links
        self.office.served_by(self.services.invitations)

    def get(self, path: str, method: str = "GET", **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client(self.app).open(path, method=method, base_url=BASE, headers=sent)

    def close(self) -> None:
        self.services.broadcasters.close()
        self.services.meetings.database.close()
