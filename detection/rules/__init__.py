"""Rules: scenarios with parameters in versions, in force from the moment they are saved."""
