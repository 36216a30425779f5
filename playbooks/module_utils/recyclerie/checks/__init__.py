"""The checks of an installed system: one file per concern, each check a function from its options to an outcome."""
