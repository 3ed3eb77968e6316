"""Who stands behind accounts: customers with their profiles, roles at accounts, relations, and their erasure."""
