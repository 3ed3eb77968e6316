"""How well a model version did: its scores against what became known, over the days that transactions occurred."""
