"""Signed exports. The app is in place; definitions, runs and bundles are not built yet."""
