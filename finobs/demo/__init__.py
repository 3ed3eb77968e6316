"""Demo people, a synthetic bank, generated data and the first models. Composition: may use every app."""
