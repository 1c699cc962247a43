"""From collections to record files: pure stages, reason codes, Parquet in and out."""
