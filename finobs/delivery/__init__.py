"""The outbox, and what is sent to other systems. Nothing is sent yet."""
