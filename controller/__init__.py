"""The controller of Recyclerie: machines, runs, proof."""

__version__ = "0.1.0"
