"""The tables, and nothing but the tables: how rows are read and written stands beside.

Moments are integer milliseconds UTC in a BIGINT. Digests, salts and secrets' digests are lowercase hex.
JSON stands in TEXT columns as canonical JSON. Every change here needs a migration (a test compares the two).
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

MEETING = sa.String(10)
GRANT = sa.String(32)
DIGEST = sa.String(64)
SALT = sa.String(32)

#: The truth. The primary key is the judge between processes. The only UPDATE it ever sees is a redaction.
log = sa.Table(
    "log",
    metadata,
    sa.Column("meeting", MEETING, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("batch", sa.Integer, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("by", GRANT, nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("v", sa.Integer, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("text", sa.Text),
    sa.Column("salt", SALT, nullable=False),
    sa.Column("text_salt", SALT),
    sa.Column("text_seal", DIGEST),
    sa.Column("seal", DIGEST, nullable=False),
    sa.Column("hash", DIGEST, nullable=False),
)

#: What was answered to which key, so that a press that is sent again gets the answer of the first time.
#: The row of a new meeting stands under the empty meeting, since its id was not known when it was asked for.
answers = sa.Table(
    "answers",
    metadata,
    sa.Column("meeting", MEETING, primary_key=True),
    sa.Column("actor", GRANT, primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("command", sa.Text, nullable=False),
    sa.Column("body_hash", DIGEST, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
)

#: Names and posts. A row is never changed, only blanked; a new name is a new rev.
people = sa.Table(
    "people",
    metadata,
    sa.Column("person", sa.String(32), primary_key=True),
    sa.Column("rev", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("post", sa.Text, nullable=False),
)

#: One row per meeting for questions over many meetings: lists of meetings, calendars, what is due.
#: Everything but `sequence`, `made_at` and `changed_at` is a fold of the log and could be made again from it.
meeting_index = sa.Table(
    "meeting_index",
    metadata,
    sa.Column("id", MEETING, primary_key=True),
    sa.Column("uid", sa.String(80), nullable=False, unique=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text),
    sa.Column("languages", sa.Text, nullable=False),
    sa.Column("format", sa.String(20), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("zone", sa.String(64), nullable=False),
    sa.Column("sessions", sa.Text, nullable=False),
    sa.Column("starts_at", sa.BigInteger),
    sa.Column("ends_at", sa.BigInteger),
    sa.Column("room", sa.Text),
    sa.Column("link", sa.Text),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Column("due_at", sa.BigInteger, index=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("hash", DIGEST, nullable=False),
)

#: What must leave the house after a commit. Written in the transaction that changed the calendar's facts.
outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("meeting", MEETING, nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("meeting", "kind", "sequence"),
)

#: Personal links. The secret itself is never stored.
grants = sa.Table(
    "grants",
    metadata,
    sa.Column("id", GRANT, primary_key=True),
    sa.Column("meeting", MEETING, nullable=False, index=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("delegation", sa.Integer),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("secret", DIGEST, nullable=False, unique=True),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("revoked_at", sa.BigInteger, index=True),
)

#: One row per browser that claimed a link. `id` is the digest of what the cookie holds.
browser_sessions = sa.Table(
    "browser_sessions",
    metadata,
    sa.Column("id", DIGEST, primary_key=True),
    sa.Column("made_at", sa.BigInteger, nullable=False),
)

#: The links that a browser claimed, each with the number that stands in its URLs.
session_grants = sa.Table(
    "session_grants",
    metadata,
    sa.Column("session", DIGEST, sa.ForeignKey("browser_sessions.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("grant", GRANT, sa.ForeignKey("grants.id"), nullable=False),
    sa.Column("claimed_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("session", "grant"),
)
