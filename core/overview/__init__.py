"""What the sources hold and what crawls changed, read page by page for those who run the bot."""
