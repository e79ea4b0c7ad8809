"""What administrators do from chat: `/docs`, the same on every platform."""
