"""Incidents, cases, queues, leases, notes: the work that alerts make, and how it is concluded."""
