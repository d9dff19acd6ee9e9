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
BODY = sa.String(10)
UID = sa.String(80)
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
#: Everything but `sequence`, `made_at`, `changed_at` and `shown_at` is a fold of the log and could be made again.
#: `shown` is a digest of all that a calendar file shows of the meeting, `shown_at` when that last changed.
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
    sa.Column("body_id", BODY, index=True),
    sa.Column("series", UID, index=True),
    sa.Column("recurs", sa.String(16)),
    sa.Column("channels", sa.Text, nullable=False, server_default="[]"),
    sa.Column("agenda", sa.Text, nullable=False, server_default="[]"),
    sa.Column("dropped", sa.Text, nullable=False, server_default="[]"),
    sa.Column("carried", sa.Text, nullable=False, server_default="{}"),
    sa.Column("shown", DIGEST, nullable=False, server_default="unknown"),
    sa.Column("shown_at", sa.BigInteger, nullable=False, server_default="0"),
)

#: What must leave the service after a commit. Written in the transaction that changed the calendar's facts (`calendar`)
#: or who is invited (`people`). `planned_at`: when it was turned into deliveries, or found to need none.
outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("meeting", MEETING, nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("planned_at", sa.BigInteger, index=True),
)

#: Who meets again and again: its name, languages (the first is its own), and in whose name invitations go out.
bodies = sa.Table(
    "bodies",
    metadata,
    sa.Column("id", BODY, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("languages", sa.Text, nullable=False),
    sa.Column("zone", sa.String(64), nullable=False),
    sa.Column("organizer_name", sa.Text, nullable=False),
    sa.Column("organizer_address", sa.Text),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
)

#: The States and organizations that belong to a body. `code` as in the roster, else `name`.
members = sa.Table(
    "members",
    metadata,
    sa.Column("id", GRANT, primary_key=True),
    sa.Column("body", BODY, sa.ForeignKey("bodies.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("code", sa.String(10)),
    sa.Column("name", sa.Text),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("removed_at", sa.BigInteger),
)

#: A regular series whose rule is real. Its meetings are meetings of their own; they share its UID in calendars.
series = sa.Table(
    "series",
    metadata,
    sa.Column("uid", UID, primary_key=True),
    sa.Column("body", BODY, sa.ForeignKey("bodies.id"), nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("starts", sa.String(16), nullable=False),
    sa.Column("ends", sa.String(16), nullable=False),
    sa.Column("zone", sa.String(64), nullable=False),
    sa.Column("freq", sa.String(10), nullable=False),
    sa.Column("every", sa.Integer, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("skipped", sa.Text, nullable=False),
    sa.Column("room", sa.Text),
    sa.Column("link", sa.Text),
    sa.Column("channels", sa.Text, nullable=False),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
)

#: People and offices that are invited: name and address, language, zone. `code`: for which State or organization.
contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("id", GRANT, primary_key=True),
    sa.Column("body", BODY, sa.ForeignKey("bodies.id"), index=True),
    sa.Column("code", sa.String(10)),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("address", sa.Text),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("zone", sa.String(64)),
    sa.Column("part", sa.String(20), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("mode", sa.String(20)),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Column("removed_at", sa.BigInteger),
)

#: Who is invited to a meeting, as what, and what they answered. `grant`: their personal link. `invited_at`: when the
#: secretariat sent the invitation off; nothing is sent to anybody before. `answers`: what they answered to each event.
invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("meeting", MEETING, primary_key=True),
    sa.Column("contact", GRANT, sa.ForeignKey("contacts.id"), primary_key=True, index=True),
    sa.Column("grant", GRANT, index=True),
    sa.Column("delegation", sa.Integer),
    sa.Column("part", sa.String(20), nullable=False),
    sa.Column("mode", sa.String(20)),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("invited_at", sa.BigInteger),
    sa.Column("removed_at", sa.BigInteger),
    sa.Column("answer", sa.String(20), nullable=False, server_default="none"),
    sa.Column("answer_mode", sa.String(20)),
    sa.Column("substitute", sa.Text),
    sa.Column("comment", sa.Text),
    sa.Column("answered_at", sa.BigInteger),
    sa.Column("answered_stamp", sa.BigInteger),
    sa.Column("answered_sequence", sa.Integer),
    sa.Column("answered_via", sa.String(10)),
    sa.Column("answers", sa.Text, nullable=False, server_default="{}"),
)

#: Every reply that came in, also those that changed nothing: `verdict` says why.
replies = sa.Table(
    "replies",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("mark", sa.String(64), nullable=False, unique=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("via", sa.String(10), nullable=False),
    sa.Column("verdict", sa.String(20), nullable=False),
    sa.Column("meeting", MEETING, index=True),
    sa.Column("contact", GRANT),
    sa.Column("uid", sa.String(120)),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("answer", sa.String(20)),
    sa.Column("mode", sa.String(20)),
    sa.Column("substitute", sa.Text),
    sa.Column("comment", sa.Text),
    sa.Column("sequence", sa.Integer),
    sa.Column("stamp", sa.BigInteger),
)

#: One mail to one recipient about one event of their calendar. `facts` is what it says, as canonical JSON: the next one
#: says what changed since. `message_id` never changes however often it is tried. `address`: where it goes if not to the
#: contact's own: to the one they had before.
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("meeting", MEETING, nullable=False, index=True),
    sa.Column("contact", GRANT, sa.ForeignKey("contacts.id"), nullable=False, index=True),
    sa.Column("uid", sa.String(120), nullable=False),
    sa.Column("method", sa.String(10), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("message_id", sa.String(120), nullable=False, unique=True),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_at", sa.BigInteger, nullable=False),
    sa.Column("claimed_until", sa.BigInteger, nullable=False),
    sa.Column("sent_at", sa.BigInteger),
    sa.Column("fault", sa.Text),
    sa.Column("address", sa.Text),
)

#: Addresses of personal calendars, of all meetings or of one. The secret itself is never stored. `grant` and `address`
#: (its mark): the link and the mail address that each was made behind and ends with.
feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("id", GRANT, primary_key=True),
    sa.Column("secret", DIGEST, nullable=False, unique=True),
    sa.Column("contact", GRANT, sa.ForeignKey("contacts.id"), nullable=False, index=True),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("alarm", sa.Integer),
    sa.Column("rich", sa.Boolean, nullable=False),
    sa.Column("meeting", MEETING),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("revoked_at", sa.BigInteger),
    sa.Column("grant", GRANT),
    sa.Column("address", sa.String(16)),
)

#: When a calendar file was last fetched. `key`: p:<feed>, b:<body> or m:<meeting>. `seen`: the newest change it held.
fetches = sa.Table(
    "fetches",
    metadata,
    sa.Column("key", sa.String(40), primary_key=True),
    sa.Column("last_at", sa.BigInteger, nullable=False),
    sa.Column("seen", sa.BigInteger, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
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
