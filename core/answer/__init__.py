"""From a question to a checked answer: the engine and what it asks of a model."""
