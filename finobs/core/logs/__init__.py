"""Log lines: each with the id of its request or task, none with what a row holds, one for an outage."""
