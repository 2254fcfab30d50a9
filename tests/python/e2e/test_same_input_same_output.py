"""Two builds of one input hold the same content, whatever the number of threads."""

from __future__ import annotations

import pytest

from .builds import MODELS_ONLY, Build, Project

pytestmark = pytest.mark.duckdb15


@pytest.fixture(scope="module")
def demo_again(project: Project, tmp_path_factory) -> Build:
    return project.build(
        tmp_path_factory.mktemp("again"), threads=1, without=MODELS_ONLY
    ).assert_green()


def test_every_public_table_has_the_same_content(demo, demo_again):
    assert demo.public_tables() == demo_again.public_tables()
    differing = [
        table
        for table in demo.public_tables()
        if demo.content_hash(table) != demo_again.content_hash(table)
    ]
    assert differing == []


def test_building_again_into_the_same_file_changes_nothing(project, demo_again):
    before = {
        table: demo_again.content_hash(table) for table in demo_again.public_tables()
    }
    again = project.build(
        demo_again.warehouse.parent, threads=2, without=MODELS_ONLY
    ).assert_green()
    assert {table: again.content_hash(table) for table in before} == before


def test_the_file_can_be_read_by_older_clients(demo):
    # An older client reads a file when its storage version is one it knows. No such
    # client is needed to tell: the version is written in the file's own header.
    tags = demo.value(
        "select tags from duckdb_databases() where path = ?", [str(demo.warehouse)]
    )
    assert tags["storage_version"].startswith("v1.2")
