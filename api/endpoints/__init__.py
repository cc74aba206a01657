"""One module per group of addresses; none of them knows another."""
