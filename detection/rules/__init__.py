"""Rules: scenarios with parameters in versions, active or in shadow, changed with approval."""
