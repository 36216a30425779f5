"""The family's own call for help: the icon's window (as the person at the screen) and the agent's end of it.

They meet at a Unix socket. Everybody who is signed in may ask for help; nobody gets anything else there.
"""
