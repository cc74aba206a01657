"""How the city's data comes in and rests: columns, validation, feeds, the store, the simulated city."""
