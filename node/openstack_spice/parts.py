"""All objects of a run, built from its context. The one place that knows how they depend on each other."""
