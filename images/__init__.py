"""How the live image and the OS images are built: from Debian packages to files that a PC boots or writes.

Nothing here knows the controller: paths come in as parameters, progress goes out through a callable.
"""
