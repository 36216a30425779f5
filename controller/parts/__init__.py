"""The stock of spare parts: what there is, what it costs, where each part went."""
