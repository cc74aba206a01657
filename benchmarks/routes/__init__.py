"""How good the routes are: public orienteering instances, unseen ones of the same formats, and the peers beside."""
