"""Whole performances with their synthesis parameters: what generators learn from."""
