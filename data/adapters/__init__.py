"""Bridges to other libraries' own objects, in both directions.

Each module says what either side cannot hold. Nothing is imported here: `.pretty_midi`,
`.music21` and `.note_seq` each need their own package.
"""
