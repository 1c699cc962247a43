"""What running and training any network needs, written once."""
