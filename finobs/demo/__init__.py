"""Demo people, generated transactions, the first models and the benches’ command. Composition: may use every app."""
