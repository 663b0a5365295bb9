"""What a machine gets done: calls per hour and core, growth of the database, pages with a million calls.

``python -m benchmarks.capacity work|growth|console`` measure, each into its part of benchmarks/CAPACITY.md and
``figures.json``; ``sheet`` turns these figures into machines and cost (docs/capacity.md).
"""
