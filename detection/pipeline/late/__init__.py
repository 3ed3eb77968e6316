"""Transactions that arrive after later ones were assessed: who is affected, and the reassessment of those."""
