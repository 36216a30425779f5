"""What the agent puts on the family's desktop."""
