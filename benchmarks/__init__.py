"""Side-by-side measurements that anyone can run again. Start with ``python -m benchmarks.ranking --help``."""
