"""Django's PostgreSQL backend with what finobs adds to it; `ENGINE` names this package."""
