"""Which data sets there are mappings and tests for."""

from __future__ import annotations

from pathlib import Path

import pytest

from .builds import DATA_SETS, ROOT


def test_every_mapping_has_its_own_tests():
    mapped = {path.stem for path in (ROOT / "inputs").glob("*.yml")} - {"demo"}
    assert mapped == set(DATA_SETS)
    for name in mapped:
        assert (Path(__file__).parent / f"test_{name}.py").is_file()


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_real_data_set_builds_with_every_test(build_data_set, name):
    build_data_set(name)
