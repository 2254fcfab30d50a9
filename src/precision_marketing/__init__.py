"""The library behind precision_marketing's dbt models: fits, evaluation, demo shop."""

__version__ = "0.1.0"
