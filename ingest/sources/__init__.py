"""Where documents come from: one port (`port`), an adapter for each kind of place, and the list of them (`addresses`)."""

from ingest.sources.files import find, received
from ingest.sources.port import Refused, Sources

__all__ = ["Refused", "Sources", "find", "received"]
