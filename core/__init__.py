"""The engine: questions in, cited answers out. It knows neither the chat platforms (`bot`) nor the crawl (`ingest`)."""
