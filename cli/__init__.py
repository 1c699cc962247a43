"""The `musegen` command."""
