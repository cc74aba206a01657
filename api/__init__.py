"""The HTTP face: a thin translation between the web and the engine."""
