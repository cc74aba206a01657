"""How long it takes to get somewhere: streets and timetables read into plain arrays, and travel times over them."""
