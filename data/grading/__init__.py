"""Grades and voice-leading facts of music in four parts."""
