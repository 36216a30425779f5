"""What is done to a drive before it can be erased: one small file each. ``prepare.py`` runs those of a plan."""
