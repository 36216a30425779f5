"""Releases of the agent: its Debian package, the signed repository it comes from, who gets which, and what came of it.

How it all fits together is in docs/updates.md; why it is so, in docs/adr/0009.
"""
