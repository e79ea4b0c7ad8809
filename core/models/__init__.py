"""Models behind an API: OpenAI's and compatible ones, and Cohere's."""
