"""What a message is in form, in the languages of people: does it ask, ask for quiet, call a person, or say nothing?

Pure functions of a text. To whom a message is said is decided in `bot.attention`, from the order of turns.
"""
