"""What every test run says about itself."""

from __future__ import annotations

from importlib.metadata import version


def pytest_report_header() -> str:
    """Versions of the engine under test."""
    names = ("duckdb", "dbt-core", "dbt-duckdb", "scikit-learn")
    return ", ".join(f"{name} {version(name)}" for name in names)
