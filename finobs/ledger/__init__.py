"""The tamper-evident ledger: events, sealing, checkpoints, proofs, verification."""
