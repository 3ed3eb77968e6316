"""Versions of models: card, stage, approval of a promotion; pages, API and admin of them."""
