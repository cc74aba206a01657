"""Feeds: what cities publish already, read into the same validated tables as the CSV folder."""
