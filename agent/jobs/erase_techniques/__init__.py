"""The erase techniques, one small file a family. ``attempt.py`` runs one of them and keeps its record."""
