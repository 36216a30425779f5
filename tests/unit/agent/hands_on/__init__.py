"""The tests that need hands: their pages, their input, and whole sessions in a real pseudo-terminal."""
