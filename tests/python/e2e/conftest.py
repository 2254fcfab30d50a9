"""Builds that several end-to-end tests share."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .builds import (
    DATA_SETS,
    FACTS,
    MODELS_ONLY,
    WAREHOUSE_NAME,
    Build,
    Project,
    Warehouse,
    data_set_folder,
    find_data_set,
    read_settings,
    write_csv,
)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "duckdb15: also run in the environment with DuckDB 1.5"
    )


def pytest_report_collectionfinish(config: pytest.Config) -> str:
    """Say which of the real data sets the tests will find."""
    found = [name for name in DATA_SETS if find_data_set(name)]
    missing = [name for name in DATA_SETS if name not in found]
    return (
        f"real data under PM_DATA={os.environ.get('PM_DATA', '(not set)')}: "
        f"found {', '.join(found) or 'none'}; missing {', '.join(missing) or 'none'}"
    )


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("dbt"))


@pytest.fixture(scope="session")
def build_once(tmp_path_factory: pytest.TempPathFactory):
    """A function that has one of all workers make a build, which all of them read."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def build(name: str, make: Callable[[Path], Build]) -> Warehouse:
        folder = shared / f"once_{name}"
        folder.mkdir(exist_ok=True)
        verdict = folder / "complaint.txt"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not verdict.exists():
                made = make(folder)
                succeeded = made.outcome.success
                verdict.write_text(
                    made.complaint or ("" if succeeded else "dbt failed")
                )
        assert not verdict.read_text(), verdict.read_text()
        return Warehouse(folder / WAREHOUSE_NAME)

    return build


@pytest.fixture(scope="session")
def demo(project: Project, build_once) -> Warehouse:
    """The demo shop, built with every test at two threads."""
    return build_once("demo", lambda folder: project.build(folder, without=()))


@pytest.fixture(scope="session")
def build_data_set(project: Project, build_once):
    """A function that builds a real data set once and hands the build to all tests."""

    def build(name: str) -> Warehouse:
        data_set_folder(name)
        return build_once(
            name, lambda folder: project.build(folder, settings=read_settings(name))
        )

    return build


@pytest.fixture
def build_lines(project: Project, tmp_path: Path):
    """A function that writes order lines to a CSV file and builds the facts on them."""

    def build(rows: list[dict[str, str]], *, select: str = FACTS, **settings) -> Build:
        path = write_csv(tmp_path / "order_lines.csv", rows)
        settings.setdefault("pm_inputs", {"order_lines": {"path": str(path)}})
        (tmp_path / "shop.duckdb").unlink(missing_ok=True)
        return project.build(
            tmp_path, settings=settings, select=select, without=MODELS_ONLY
        ).assert_green()

    return build
