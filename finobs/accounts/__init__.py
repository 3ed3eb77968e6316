"""People and machines: users, roles, sessions, API tokens, JWT."""
