"""Our own generators: notes to expression, and expression to synthesis parameters."""
