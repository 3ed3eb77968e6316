"""One way in for records of every kind: a kind says its fields and how they get in, all else is shared."""
