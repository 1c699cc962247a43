"""Coconet: fills any hidden part of a four-part score by blocked Gibbs sampling."""
