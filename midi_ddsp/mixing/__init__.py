"""From mono streams of parts to one stream of sound: place, room, sum and ceiling."""
