"""Signed exports. The app is in place; its definitions, runs and bundles come with their own issue."""
