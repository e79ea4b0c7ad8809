"""Who is signed in to the web console: one-time links and sessions."""
