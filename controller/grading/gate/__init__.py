"""Whether a machine may be called reconditioned: what must have been tried on it, and what is missing."""
