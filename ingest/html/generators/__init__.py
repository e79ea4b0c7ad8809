"""One file for each generator: its words (`ingest.html.vocabulary`). A new file is found without being named."""
