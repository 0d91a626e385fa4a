"""Packages, repositories and web clients: what the node lacks, and how it comes by it at the price of nothing else."""
