"""The keyless reader: it quotes the sections that answer."""
