"""A new database for each test that names its address, on SQLite and on PostgreSQL."""

from tests.store.conftest import postgres, url

__all__ = ["postgres", "url"]
