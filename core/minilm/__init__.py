"""The local embedding model, run in this process or a child."""
