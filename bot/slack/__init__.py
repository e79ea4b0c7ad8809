"""Slack: how questions come in, how answers are shown, and the app that connects both."""
