"""The 257 bad inputs of ../shared through the real code, and neighbours of them that are not in that folder.

Not here yet: slack.event, slack.render, discord.gateway and discord.render, whose surfaces come with the chat
platforms. The text of an input is read when the tests run and never copied; an expectation follows from the group or,
where it is special, from a table by id. RULINGS.md stands above what the file expects.
"""
