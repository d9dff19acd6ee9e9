"""The steps that made the tables what they are, by Alembic. A step that was released is never changed."""
