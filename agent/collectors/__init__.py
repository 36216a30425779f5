"""What the machine is and how it is: one small file per subsystem.

A collector answers with facts and never fails: a missing tool or a rotten value becomes ``""`` or None and one
line in ``problems`` that says what could not be read.
"""
