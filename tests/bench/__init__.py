"""What the product costs, measured (``make bench``): JSON in docs/figures/, the table in docs/figures.md."""
