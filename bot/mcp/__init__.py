"""The Model Context Protocol: the documentation for editors and agents, in a process of its own (`footnote mcp`).

Needs the extra `mcp`. `footnote up` never imports it.
"""
