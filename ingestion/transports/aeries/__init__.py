"""The Aeries API, version 5: what it answers becomes the same files that a district exports from Aeries' tables."""
