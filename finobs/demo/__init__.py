"""What runs finobs: the schedule, the embedded server, the demo data. Composition: may use every room."""
