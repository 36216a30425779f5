"""The agent's own list of local services that the controller may open a stream to: nothing else is ever reached."""
