"""The shared layer every model stands on: scores, grids, files, voices and corpora."""
