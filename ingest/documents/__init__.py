"""Documents of other kinds than HTML, read as if they were pages: markdown, PDF."""
