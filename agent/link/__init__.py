"""The way to the controller: announce, then one WebSocket that survives everything but the machine itself."""
