"""The kernel that every app stands on. Imports Django and libraries only."""
