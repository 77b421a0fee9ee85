"""ecoflows: a Prefect-native flow builder for conservation data teams."""

__version__ = "0.1.0"
