"""The coordinator's questions: who can reach what, what is missing where, what if, and who could work together."""
