"""The child process that parses documents, and its parent's side."""
