"""Demo people, generated data and the first models. Composition: may use every app."""
