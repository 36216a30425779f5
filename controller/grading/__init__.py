"""Grades: what a machine is good for, what it lacks, what would lift it, whether it may be called reconditioned."""
