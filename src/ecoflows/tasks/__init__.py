"""The built-in tasks, found by entry point as anybody's are."""
