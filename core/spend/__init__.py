"""What calls of models cost: counted by day, person and channel, priced, and capped."""
