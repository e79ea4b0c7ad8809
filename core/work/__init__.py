"""Requests to crawl, their queue, and schedules."""
