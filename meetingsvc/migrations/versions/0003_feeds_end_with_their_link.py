"""Personal feeds: behind which link and which address each was made, so that it ends with either.

Feeds made before say neither. One is kept where only one link can be meant: its owner was on one list, and still holds
the link from then, which a corrected address would have replaced. All others are taken back: people make new ones.
"""

from __future__ import annotations

import hashlib
import time

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_FEEDS = sa.text("SELECT id, contact, meeting, made_at FROM feeds WHERE revoked_at IS NULL")
_LINKS = sa.text(
    'SELECT i."grant", g.made_at, g.revoked_at, c.address FROM invitations i JOIN contacts c ON c.id = i.contact'
    ' LEFT JOIN grants g ON g.id = i."grant" WHERE i.contact = :contact AND i.made_at <= :made_at'
)
_KEPT = sa.text('UPDATE feeds SET "grant" = :grant, address = :address WHERE id = :id')
_ENDED = sa.text("UPDATE feeds SET revoked_at = :now WHERE id = :id")


def upgrade() -> None:
    with op.batch_alter_table("feeds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("grant", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("address", sa.String(length=16), nullable=True))
    connection, now = op.get_bind(), time.time_ns() // 1_000_000
    for feed in connection.execute(_FEEDS).all():
        links = connection.execute(_LINKS, {"contact": feed.contact, "made_at": feed.made_at}).all()
        link = links[0] if len(links) == 1 and feed.meeting is None else None
        if link is not None and link.made_at is not None and link.made_at <= feed.made_at and link.revoked_at is None:
            address = hashlib.sha256((link.address or "").strip().lower().encode()).hexdigest()[:16]
            connection.execute(_KEPT, {"id": feed.id, "grant": link.grant, "address": address})
        else:
            connection.execute(_ENDED, {"id": feed.id, "now": now})


def downgrade() -> None:
    with op.batch_alter_table("feeds", schema=None) as batch_op:
        batch_op.drop_column("address")
        batch_op.drop_column("grant")
