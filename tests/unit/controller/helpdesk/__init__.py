"""What a machine lacks before it may be called reconditioned."""
