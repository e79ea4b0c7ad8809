"""Parses an HTML page: its main text, without everything around it, as blocks with their anchors."""
