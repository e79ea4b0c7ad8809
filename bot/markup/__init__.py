"""An answer as a chat shows it: `slack` and `discord`, on what they share. Pure: no SDK, no network, no clock."""
