"""Pictures of scores: piano rolls as SVG, PNG and text."""
