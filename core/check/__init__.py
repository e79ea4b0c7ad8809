"""What an answer may say: citations, claims and code against the passages."""
