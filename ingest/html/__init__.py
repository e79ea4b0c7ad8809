"""An HTML page taken apart: the text around which everything else stands, in blocks with their anchors."""
