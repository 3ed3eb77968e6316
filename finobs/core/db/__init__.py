"""All that knows which database is asked: PostgreSQL or SQLite (docs/decisions/0012)."""
