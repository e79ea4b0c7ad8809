"""What was asked and what came of it: stored questions, read for those who run the bot."""
