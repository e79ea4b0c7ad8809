"""Models behind an API: OpenAI's and what speaks like it, and Cohere."""
