"""The way to language models: which endpoint answers on which route, what it costs, and who pays."""
