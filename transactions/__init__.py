"""What came in: sources, ingestion, accounts and counterparties, transactions, quarantine."""
