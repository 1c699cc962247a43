"""Named changes of how notes are played."""
