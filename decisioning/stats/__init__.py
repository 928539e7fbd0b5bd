"""Statistics from sufficient statistics: pure functions, no clock, no database."""
