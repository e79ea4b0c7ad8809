"""Questions from chat, kept until they have their reply."""
