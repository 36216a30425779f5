"""Hardware tests: asked for, heard of, kept, judged."""
