"""The desk: pages for a city coordinator. Here is who may sit at it and what it works out; the pages are in ``data/pages``."""
