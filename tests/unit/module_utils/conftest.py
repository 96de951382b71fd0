"""Its folder is importable for the tests below it: they share loopback.py."""
