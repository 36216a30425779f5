"""A session on the family's screen, and everything that was promised to them about it (docs/consent.md).

The controller can only ask. Rules without I/O: ``plain``, ``rules``, ``pacing``, ``states``; what runs on the machine:
``display`` (whose screen it is), ``person`` (running something as them), ``windows`` (question and banner),
``screen_server`` (x11vnc), ``session`` and ``guard`` (all of it together). Nothing is loaded before it is asked for.
"""
