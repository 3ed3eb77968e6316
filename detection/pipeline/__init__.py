"""The one scoring path: active detectors, columns, scores, decision, alerts; replay; arrivals out of order."""
