"""SUNMASK: step-unrolled denoising of scores. Nothing here yet."""
