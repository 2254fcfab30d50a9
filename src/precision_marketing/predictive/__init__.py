"""Predictions of what customers will do: estimators whose fits are rows of numbers."""
