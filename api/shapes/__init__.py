"""What goes over the wire, as pydantic models: the questions are enforced, the answers documented and tested."""
