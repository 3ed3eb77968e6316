"""Agents that propose and never decide. The app is in place; playbooks and models come with their own issue."""
