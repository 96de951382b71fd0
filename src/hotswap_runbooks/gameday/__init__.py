"""The practice environment: real servers on loopback that are broken on purpose."""
