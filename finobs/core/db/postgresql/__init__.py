"""Django's PostgreSQL backend with two differences; `ENGINE` names this package."""
