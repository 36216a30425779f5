"""Long work on the machine itself: each job is a folder, run as a systemd unit, watched by the agent."""
