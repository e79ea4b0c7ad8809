"""The engine: questions in, cited answers out. Knows neither the chat platforms (`bot`) nor the crawl (`ingest`)."""
