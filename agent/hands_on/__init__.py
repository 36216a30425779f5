"""The tests that need a person's hands and eyes, on the PC's own screen: a text console of 80 by 24 is enough.

``python3 -m agent.hands_on`` (the unit recyclerie-hands-on.service, on the second console) shows one test after the
other, saves each answer at once, and ends. The agent sends what was saved (``outgoing``). Nothing here opens a drive,
and the unit forbids it too.
"""
