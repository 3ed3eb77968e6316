"""Agents that propose and never decide. The app is in place; playbooks and models are not built yet."""
