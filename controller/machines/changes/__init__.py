"""History of a machine in words: what is another between two inspections."""
