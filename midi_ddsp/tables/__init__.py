"""Notes, frames, automation and parameters as tables in files that people edit."""
