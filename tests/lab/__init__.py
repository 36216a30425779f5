"""Virtual PCs that really boot, on a network of their own (``make lab``, ``make demo``)."""
