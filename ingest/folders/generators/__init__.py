"""How documentation generators serve the files of a folder: one module for each, and their registry."""
