"""Access tokens of programs and web pages: made once, stored as a hash, limited, revoked."""
