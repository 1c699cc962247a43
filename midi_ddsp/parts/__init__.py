"""From a score to lines that an instrument can play, and what was decided."""
