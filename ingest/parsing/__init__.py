"""The child process in which documents are taken apart, and its parent's side."""
