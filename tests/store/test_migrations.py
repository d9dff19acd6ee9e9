"""The migrations make exactly the tables of the code, on both databases, from nothing and from each step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from meetingsvc.meetings import Meetings
from meetingsvc.store import migrate as steps
from meetingsvc.store.contacts import recipient
from meetingsvc.store.engine import Connection, Database
from meetingsvc.store.tables import metadata
from tests.store.conftest import Postgres
from tests.support.meeting_scenario import MeetingScenario, at_once


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


def test_migrations_make_the_tables_of_the_code(database: Database) -> None:
    assert database.read(differences) == []


def test_a_difference_would_be_seen(database: Database) -> None:
    database.write(lambda connection: connection.execute(sa.text("DROP INDEX ix_meeting_index_due_at")))
    assert len(database.read(differences)) == 1


def test_every_step_can_be_taken_back(database: Database) -> None:
    def there_and_back(connection: Connection) -> None:
        config = steps._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
        command.upgrade(config, "head")

    database.write(there_and_back)
    assert database.read(differences) == []


def test_sqlite_migrates_itself_and_keeps_what_was_there(lite_url: str, opened: Callable[..., Database]) -> None:
    scenario = MeetingScenario(Meetings(opened(lite_url)), "CHE")
    again = Meetings(opened(lite_url))
    assert again.history(scenario.id).state == scenario.meetings.history(scenario.id).state


def test_two_processes_may_start_on_a_new_file_at_once(lite_url: str) -> None:
    found = at_once([lambda: Database.open(lite_url, 10.0)] * 8)
    assert all(isinstance(one, Database) for one in found), found
    for one in found:
        if isinstance(one, Database):
            assert one.read(differences) == []
            one.close()


@pytest.mark.postgres
def test_postgresql_waits_for_the_command(postgres: Postgres, opened: Callable[..., Database]) -> None:
    url = postgres.empty()
    with pytest.raises(steps.Unmigrated, match="meetingsvc migrate"):
        opened(url)
    said = at_once([lambda: steps.migrate(url)] * 3)
    assert sorted(map(str, said)) == ["The database is up to date."] * 2 + ["The database was brought to 0003."]
    assert opened(url).read(differences) == []


def test_a_database_of_a_newer_version_is_left_alone(url: str, opened: Callable[..., Database]) -> None:
    newer = sa.text("UPDATE alembic_version SET version_num = '9999'")
    opened(url).write(lambda connection: connection.execute(newer))
    with pytest.raises(steps.Unmigrated, match="newer version"):
        opened(url)


def test_a_feed_from_before_is_kept_where_its_link_is_certain_and_ends_elsewhere(database: Database) -> None:
    """(contact, feed): on one list with the link from then; on two; its link replaced; taken back; of a delegate."""
    grants = {
        "one": (10, None),
        "a": (10, None),
        "b": (10, None),
        "new": (30, None),
        "gone": (10, 25),
        "who": (10, None),
    }
    lists = [("only", "one"), ("two", "a"), ("two", "b"), ("moved", "new"), ("off", "gone"), ("delegate", "who")]
    people = dict.fromkeys(contact for contact, _ in lists)

    def before(connection: Connection) -> None:
        config = steps._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
        for contact in people:
            connection.execute(
                sa.text(
                    "INSERT INTO contacts (id, name, address, language, part, kind, made_at, changed_at)"
                    f" VALUES ('{contact}', 'Mission', ' Mission@Example.org', 'en', 'member', 'group', 1, 1)"
                )
            )
            meeting = "'m_who'" if contact == "delegate" else "NULL"
            connection.execute(
                sa.text(
                    "INSERT INTO feeds (id, secret, contact, language, rich, made_at, meeting)"
                    f" VALUES ('of-{contact}', 'digest-{contact}', '{contact}', 'en', false, 20, {meeting})"
                )
            )
        for contact, grant in lists:
            made_at, revoked_at = grants[grant]
            connection.execute(
                sa.text(
                    'INSERT INTO invitations (meeting, contact, "grant", part, made_at)'
                    f" VALUES ('m_{grant}', '{contact}', '{grant}', 'member', 5)"
                )
            )
            connection.execute(
                sa.text(
                    "INSERT INTO grants (id, meeting, role, label, secret, made_at, revoked_at)"
                    f" VALUES ('{grant}', 'm_{grant}', 'invitee', '', 'of-{grant}', {made_at}, {revoked_at or 'NULL'})"
                )
            )
        command.upgrade(config, "head")

    database.write(before)
    wanted = sa.text('SELECT contact, "grant", address, revoked_at FROM feeds')
    found = {row.contact: row for row in database.read(lambda c: c.execute(wanted).all())}
    assert {contact for contact, row in found.items() if row.revoked_at is None} == {"only"}
    assert (found["only"].grant, found["only"].address) == ("one", recipient("mission@example.org"))
