"""Edits of synthesis parameters, and of recordings by way of them."""
