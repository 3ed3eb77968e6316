"""Feeds are complete, or it is known: what sources are expected to deliver, and how what came compares with it."""
