"""Calls for help, follow-up appointments, hand-over of one machine and its return."""
