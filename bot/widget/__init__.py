"""The widget: a button and a dialog for the pages of a documentation, in one file that a page loads.

`source/` is what is written by hand, `build.py` joins it to `widget.js`, and `serving.py` serves that.
"""
