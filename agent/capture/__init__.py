"""Taking a capture: everything that the collectors read of a machine, so that they can read it again elsewhere."""
