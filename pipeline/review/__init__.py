"""What people say about scores: the rules about it, pure. Where it is kept: `pipeline.store`."""
