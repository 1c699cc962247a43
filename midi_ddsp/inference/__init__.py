"""DDSP Inference: from a recording, its f0 and its loudness to synthesis parameters."""
