"""From a folder of files to recordings with metadata, or to defects with a plain reason."""
