"""The signal path from synthesis parameters to sound, and the measures of sound.

Plain modules are NumPy and render files of any length; those whose names end in
`layers` are the same formulas as Keras layers, for training, and import Keras.
"""
