"""Rules, models and the one decision path, `services.assess`; what they find is an Alert."""
