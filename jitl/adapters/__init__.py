"""Backends behind the ports; one file and one importer per vendor."""
