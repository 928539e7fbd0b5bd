"""A seeded shop and its customers, playing against Attune over HTTP only."""
