"""The virtual player: scores played by recorded samples, with exact labels.

For training data and tests. Entry points: `playing.play`, `tunes.iterate_tunes`.
"""
