"""Analysis of recordings: pitch, notes, and where a score's notes are."""
