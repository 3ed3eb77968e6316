"""Decisions for machines: one transaction or many in, what was made of each out. Both are `ingest` and nothing else."""
