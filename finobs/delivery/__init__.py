"""The outbox and what leaves the house. Nothing leaves yet."""
