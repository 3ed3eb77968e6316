"""Rules, models and the one decision path, `pipeline.assess`; what they raise is an alert."""
