"""The cosmetic check: what a machine looks like, with photos, and that it was cleaned."""
