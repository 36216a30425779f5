"""The cosmetic check and its photos."""
