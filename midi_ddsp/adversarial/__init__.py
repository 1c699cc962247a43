"""A judge that tells heard parameters from made ones, and the losses of both."""
