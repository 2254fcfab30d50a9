"""What a fresh machine installs and reads."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import precision_marketing

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {
    "requirements.lock": ["build"],
    "requirements-dev.lock": ["build", "dev"],
}
ENTRY = re.compile(
    r"^(?P<requirement>[A-Za-z0-9][\w.-]*(\[[\w,-]+\])?==\S+( ; [^\\]+)?) \\$"
    r"|^    --hash=sha256:[0-9a-f]{64}( \\)?$"
)


def locked(name: str) -> dict[str, list[Requirement]]:
    """Pinned requirements of a lock by name."""
    result: dict[str, list[Requirement]] = {}
    for line in (ROOT / name).read_text().splitlines():
        match = ENTRY.match(line)
        assert match, f"{name}: {line!r} is neither a version nor a hash"
        if match["requirement"]:
            requirement = Requirement(match["requirement"])
            result.setdefault(canonicalize_name(requirement.name), []).append(
                requirement
            )
    return result


def asked(groups: list[str]) -> list[Requirement]:
    """What pyproject.toml asks for."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    texts = list(pyproject["project"]["dependencies"])
    for group in groups:
        texts += [
            t for t in pyproject["dependency-groups"][group] if isinstance(t, str)
        ]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_what_pyproject_asks_for(name):
    pins = locked(name)
    for requirement in asked(LOCKS[name]):
        found = pins.get(canonicalize_name(requirement.name))
        assert found, f"{requirement} is not in {name}: run `make lock`"
        for pin in found:
            version = str(pin.specifier).removeprefix("==")
            assert requirement.specifier.contains(version), (
                f"{pin} is not {requirement}: run `make lock`"
            )


def test_both_locks_pin_the_same_versions():
    pins, with_tools = map(locked, LOCKS)

    assert {name: list(map(str, pins[name])) for name in pins} == {
        name: list(map(str, with_tools[name])) for name in pins
    }


def test_the_default_duckdb_is_2_0_and_the_older_one_1_5():
    (default,) = locked("requirements.lock")["duckdb"]
    older = locked("requirements-duckdb-1.5.lock")

    assert str(default).startswith("duckdb==2.0.")
    assert list(older) == ["duckdb"]
    assert str(older["duckdb"][0]).startswith("duckdb==1.5.")


def test_the_demo_mapping_is_the_default_one():
    demo = yaml.safe_load((ROOT / "inputs" / "demo.yml").read_text())
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())

    assert demo == {"pm_inputs": project["vars"]["pm_inputs"]}


def test_one_version_says_it_all():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())

    assert pyproject["project"]["version"] == project["version"]
    assert precision_marketing.__version__ == project["version"]
    macro = (ROOT / "macros/config/pm_project_version.sql").read_text()
    assert f"return('{project['version']}')" in macro


def test_no_dbt_package_is_needed():
    assert not (ROOT / "packages.yml").exists()
    assert not (ROOT / "dependencies.yml").exists()
