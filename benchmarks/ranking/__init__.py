"""The engine beside its peers: same split, same candidates, same metric code, one run."""
