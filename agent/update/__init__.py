"""The agent's update of itself: a program of its own, started by a timer, so that no fault of the agent stops it.

It checks, downloads and installs by apt from the controller's signed repository, then wants to see that the new agent
works; if not, the package that was there before comes back. What is under way is written down before each step, so
that a power cut at any moment is gone on from at the next start, by the code that began it (docs/updates.md).
"""
