"""Collections of music to train and measure on; one module a collection.

Music that is not ours is read where the user installed it and never copied here.
"""
