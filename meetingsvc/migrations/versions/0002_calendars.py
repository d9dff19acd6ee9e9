"""Calendars: bodies, members, series, who is invited, replies, deliveries, personal feeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bodies",
        sa.Column("id", sa.String(length=10), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("organizer_name", sa.Text(), nullable=False),
        sa.Column("organizer_address", sa.Text(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bodies")),
    )
    op.create_table(
        "fetches",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_fetches")),
    )
    op.create_table(
        "replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("via", sa.String(length=10), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("meeting", sa.String(length=10), nullable=True),
        sa.Column("contact", sa.String(length=32), nullable=True),
        sa.Column("uid", sa.String(length=120), nullable=True),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=True),
        sa.Column("mode", sa.String(length=20), nullable=True),
        sa.Column("substitute", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("stamp", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
        sa.UniqueConstraint("mark", name=op.f("uq_replies_mark")),
    )
    with op.batch_alter_table("replies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_replies_meeting"), ["meeting"], unique=False)

    op.create_table(
        "contacts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("body", sa.String(length=10), nullable=True),
        sa.Column("code", sa.String(length=10), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["body"], ["bodies.id"], name=op.f("fk_contacts_body")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contacts_body"), ["body"], unique=False)

    op.create_table(
        "members",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("body", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["body"], ["bodies.id"], name=op.f("fk_members_body")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
    )
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_members_body"), ["body"], unique=False)

    op.create_table(
        "series",
        sa.Column("uid", sa.String(length=80), nullable=False),
        sa.Column("body", sa.String(length=10), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("starts", sa.String(length=16), nullable=False),
        sa.Column("ends", sa.String(length=16), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("freq", sa.String(length=10), nullable=False),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("channels", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["body"], ["bodies.id"], name=op.f("fk_series_body")),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_series")),
    )
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_series_body"), ["body"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting", sa.String(length=10), nullable=False),
        sa.Column("contact", sa.String(length=32), nullable=False),
        sa.Column("uid", sa.String(length=120), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["contact"], ["contacts.id"], name=op.f("fk_deliveries_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("message_id", name=op.f("uq_deliveries_message_id")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deliveries_contact"), ["contact"], unique=False)
        batch_op.create_index(batch_op.f("ix_deliveries_meeting"), ["meeting"], unique=False)
        batch_op.create_index(batch_op.f("ix_deliveries_state"), ["state"], unique=False)

    op.create_table(
        "feeds",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("contact", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("alarm", sa.Integer(), nullable=True),
        sa.Column("rich", sa.Boolean(), nullable=False),
        sa.Column("meeting", sa.String(length=10), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["contact"], ["contacts.id"], name=op.f("fk_feeds_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("secret", name=op.f("uq_feeds_secret")),
    )
    with op.batch_alter_table("feeds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feeds_contact"), ["contact"], unique=False)

    op.create_table(
        "invitations",
        sa.Column("meeting", sa.String(length=10), nullable=False),
        sa.Column("contact", sa.String(length=32), nullable=False),
        sa.Column("grant", sa.String(length=32), nullable=True),
        sa.Column("delegation", sa.Integer(), nullable=True),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("invited_at", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.String(length=20), server_default="none", nullable=False),
        sa.Column("answer_mode", sa.String(length=20), nullable=True),
        sa.Column("substitute", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_stamp", sa.BigInteger(), nullable=True),
        sa.Column("answered_sequence", sa.Integer(), nullable=True),
        sa.Column("answered_via", sa.String(length=10), nullable=True),
        sa.Column("answers", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["contact"], ["contacts.id"], name=op.f("fk_invitations_contact")),
        sa.PrimaryKeyConstraint("meeting", "contact", name=op.f("pk_invitations")),
    )
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitations_contact"), ["contact"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitations_grant"), ["grant"], unique=False)

    with op.batch_alter_table("meeting_index", schema=None) as batch_op:
        batch_op.add_column(sa.Column("body_id", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("series", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("recurs", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("channels", sa.Text(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("agenda", sa.Text(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("dropped", sa.Text(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("carried", sa.Text(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("shown", sa.String(length=64), server_default="unknown", nullable=False))
        batch_op.add_column(sa.Column("shown_at", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.create_index(batch_op.f("ix_meeting_index_body_id"), ["body_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_index_series"), ["series"], unique=False)

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("planned_at", sa.BigInteger(), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_outbox_meeting_kind_sequence"), type_="unique")
        batch_op.create_index(batch_op.f("ix_outbox_planned_at"), ["planned_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_planned_at"))
        batch_op.create_unique_constraint(
            batch_op.f("uq_outbox_meeting_kind_sequence"), ["meeting", "kind", "sequence"]
        )
        batch_op.drop_column("planned_at")

    with op.batch_alter_table("meeting_index", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_index_series"))
        batch_op.drop_index(batch_op.f("ix_meeting_index_body_id"))
        batch_op.drop_column("shown_at")
        batch_op.drop_column("shown")
        batch_op.drop_column("carried")
        batch_op.drop_column("dropped")
        batch_op.drop_column("agenda")
        batch_op.drop_column("channels")
        batch_op.drop_column("recurs")
        batch_op.drop_column("series")
        batch_op.drop_column("body_id")

    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitations_grant"))
        batch_op.drop_index(batch_op.f("ix_invitations_contact"))

    op.drop_table("invitations")
    with op.batch_alter_table("feeds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feeds_contact"))

    op.drop_table("feeds")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deliveries_state"))
        batch_op.drop_index(batch_op.f("ix_deliveries_meeting"))
        batch_op.drop_index(batch_op.f("ix_deliveries_contact"))

    op.drop_table("deliveries")
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_series_body"))

    op.drop_table("series")
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_members_body"))

    op.drop_table("members")
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contacts_body"))

    op.drop_table("contacts")
    with op.batch_alter_table("replies", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_replies_meeting"))

    op.drop_table("replies")
    op.drop_table("fetches")
    op.drop_table("bodies")
