"""The kernel every app stands on: access, gate, errors, dispatch, http, pagination, clock, money. Imports Django and libraries only."""
