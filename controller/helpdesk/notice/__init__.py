"""The one-page notice on remote help that goes home with a machine, in the family's language."""
