"""The Model Context Protocol face: tools and documents for agents, over HTTP and over stdin and stdout."""
