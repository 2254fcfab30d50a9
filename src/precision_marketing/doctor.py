"""What a build needs, looked at before it runs: each finding says what to do."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

import duckdb
import yaml
from packaging.requirements import Requirement

from precision_marketing.summary import PREFIX

DISTRIBUTION = "precision-marketing"
DEFAULT_MEMORY_LIMIT = "4GB"
# How pm_problem_report begins; what dbt puts before it helps nobody.
REPORT_START = "cannot start"
# DuckDB's limit leaves out what Python, Arrow and the allocator hold.
MEMORY_SHARE = 0.75
LEAST_DISK_BYTES = 2 * 10**9
# Room for the lines as they are read, judged and joined, and for what spills.
DISK_PER_INPUT = 10
UNITS = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
BINARY_UNITS = {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    status : {"ok", "warn", "fail"}
        A build does not succeed with a 'fail'; with a 'warn' it may not, or it gives
        less than it could.
    subject : str
        What was looked at.
    found : str
        What was found.
    advice : str
        What to do about it; empty where all is well.
    """

    status: str
    subject: str
    found: str
    advice: str = ""

    def __str__(self) -> str:
        line = f"{self.status:<5}{self.subject}: {self.found}"
        return f"{line}\n     -> {self.advice}" if self.advice else line


def examine(
    project: Path,
    mapping: Path,
    warehouse: Path,
    environment: Mapping[str, str] = os.environ,
) -> Iterator[Finding]:
    """Look at the environment, the machine, the mapping and the last build.

    Parameters
    ----------
    project : pathlib.Path
        Folder with dbt_project.yml.
    mapping : pathlib.Path
        YAML file with the vars of the build, as ``make build INPUT=`` takes it.
    warehouse : pathlib.Path
        DuckDB file of the build, which need not exist yet.
    environment : mapping of str to str
        Environment variables; PM_MEMORY_LIMIT and PM_DATA are read.

    Yields
    ------
    Finding
        As soon as it is known, in a fixed order.
    """
    yield from _packages()
    yield _memory(environment)
    yield _disk(warehouse, _input_bytes(project, mapping, environment))
    yield _mapping(project, mapping, warehouse, environment)
    yield from _last_build(warehouse)


def _packages() -> Iterator[Finding]:
    """Python and the packages that the project declares, beside what is installed."""
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = metadata.metadata(DISTRIBUTION)["Requires-Python"]
    yield Finding("ok", "Python", f"{version} (wanted {wanted})")
    wrong = []
    names = []
    for line in metadata.requires(DISTRIBUTION) or []:
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        names.append(f"{requirement.name} {found}")
        if not requirement.specifier.contains(found, prereleases=True):
            wrong.append(f"{requirement.name} is {found}, not {requirement.specifier}")
    if wrong:
        yield Finding(
            "fail",
            "packages",
            "; ".join(wrong),
            "`make clean` and then `make build` install what requirements.lock lists",
        )
    else:
        yield Finding("ok", "packages", ", ".join(names))


def _memory(environment: Mapping[str, str]) -> Finding:
    """The limit that DuckDB is given, beside what the machine has."""
    text = environment.get("PM_MEMORY_LIMIT", DEFAULT_MEMORY_LIMIT)
    limit = _bytes(text)
    if limit is None:
        return Finding(
            "fail",
            "memory",
            f"PM_MEMORY_LIMIT is {text!r}",
            "give a number and a unit, such as PM_MEMORY_LIMIT=4GB",
        )
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    found = f"a limit of {text} for DuckDB on {machine / 1e9:.0f} GB"
    if limit > MEMORY_SHARE * machine:
        at_most = max(1, int(MEMORY_SHARE * machine / 1e9))
        return Finding(
            "warn",
            "memory",
            found,
            f"Python needs room beside it: PM_MEMORY_LIMIT={at_most}GB or less",
        )
    return Finding("ok", "memory", found)


def _bytes(text: str) -> int | None:
    """Bytes of a size as DuckDB takes it; None when it is none."""
    number = text.strip().lower().rstrip("kmgtib ")
    unit = text.strip().lower()[len(number) :].strip()
    factor = (UNITS | BINARY_UNITS).get(unit)
    try:
        return int(float(number) * factor) if factor else None
    except ValueError:
        return None


def _vars(mapping: Path) -> dict:
    """Read what a mapping sets; a ValueError says why it cannot be read."""
    try:
        settings = yaml.safe_load(mapping.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise ValueError(f"{mapping} is no readable YAML: {problem}") from problem
    if not isinstance(settings, dict):
        raise ValueError(f"{mapping} holds no vars, but {settings!r:.40}")
    return settings


def _input_bytes(
    project: Path, mapping: Path, environment: Mapping[str, str]
) -> int | None:
    """Size of the files that are mapped, as far as they are found."""
    try:
        inputs = _vars(mapping).get("pm_inputs")
    except ValueError:
        # Told with the mapping.
        return None
    if not isinstance(inputs, dict):
        return None
    total = 0
    with duckdb.connect() as connection:
        for given in inputs.values():
            paths = given.get("path") if isinstance(given, dict) else None
            for path in paths if isinstance(paths, list) else [paths]:
                # What is elsewhere takes no room here.
                if isinstance(path, str) and "://" not in path:
                    for name, value in environment.items():
                        path = path.replace("${" + name + "}", value)
                    # DuckDB's own patterns, which are what the build reads.
                    found = connection.execute(
                        "select file from glob(?)", [str(project.resolve() / path)]
                    ).fetchall()
                    files = (Path(file) for (file,) in found)
                    total += sum(file.stat().st_size for file in files)
    return total


def _disk(warehouse: Path, input_bytes: int | None) -> Finding:
    folder = warehouse.resolve().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    wanted = max(LEAST_DISK_BYTES, DISK_PER_INPUT * (input_bytes or 0))
    found = f"{free / 1e9:.0f} GB free in {folder}"
    if free < wanted:
        return Finding(
            "warn",
            "disk",
            found,
            f"about {wanted / 1e9:.0f} GB are wanted for these inputs: make room, or"
            " build elsewhere with WAREHOUSE=path",
        )
    return Finding("ok", "disk", found)


def _mapping(
    project: Path, mapping: Path, warehouse: Path, environment: Mapping[str, str]
) -> Finding:
    """What the project itself says of the vars and the inputs."""
    if not mapping.is_file():
        hand = ", ".join(sorted(path.name for path in project.glob("inputs/*.yml")))
        return Finding(
            "fail", "mapping", f"there is no file {mapping}", f"at hand: {hand}"
        )
    try:
        _vars(mapping)
    except ValueError as problem:
        advice = "write vars such as `pm_inputs:` in it, after inputs/demo.yml"
        return Finding("fail", "mapping", str(problem), advice)
    dbt = Path(sys.executable).with_name("dbt")
    if not dbt.is_file():
        advice = "`make build` installs it; until then nobody can say"
        return Finding("fail", "mapping", f"there is no {dbt} to ask", advice)
    if warehouse.exists() and _opening_problem(warehouse):
        # Relations that are mapped may lie in it, so no other file answers for it.
        return Finding(
            "warn", "mapping", f"not looked at: {warehouse} does not open; see below"
        )
    with tempfile.TemporaryDirectory() as scratch:
        # Asking makes no warehouse where there is none.
        asked = warehouse if warehouse.is_file() else Path(scratch) / warehouse.name
        answer = subprocess.run(
            [
                dbt,
                *("--quiet", "--no-use-colors", "run-operation", "pm_start_up_check"),
                *("--vars", mapping.read_text(encoding="utf-8")),
                *("--project-dir", project, "--profiles-dir", project),
                *("--target-path", scratch, "--log-path", scratch),
            ],
            env={**environment, "PM_WAREHOUSE": str(asked.resolve())},
            capture_output=True,
            text=True,
            check=False,
        )
    if answer.returncode == 0:
        return Finding("ok", "mapping", f"{mapping}: every var and input is fine")
    told = [line.strip() for line in (answer.stdout + answer.stderr).splitlines()]
    report = [line for line in told if line and not line.startswith(">")]
    starts = [i for i, line in enumerate(report) if REPORT_START in line]
    return Finding(
        "fail",
        "mapping",
        str(mapping),
        "\n        ".join(report[starts[0] :] if starts else report),
    )


def _last_build(warehouse: Path) -> Iterator[Finding]:
    """What the last build could not answer, and what would help."""
    if not warehouse.exists():
        yield Finding(
            "ok", "last build", f"none yet: {warehouse} is made by `make build`"
        )
        return
    problem = _opening_problem(warehouse)
    if problem and "lock" in problem.lower():
        yield Finding(
            "warn",
            "last build",
            problem,
            f"wait for the process that uses {warehouse}, or build elsewhere with"
            " WAREHOUSE=path",
        )
    elif problem:
        yield Finding(
            "fail",
            "last build",
            problem,
            f"move {warehouse} away, or build elsewhere with WAREHOUSE=path",
        )
    if problem:
        return
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select database_name, schema_name from duckdb_tables()"
            " where table_name = ?",
            [f"{PREFIX}data_readiness"],
        ).fetchall()
        if not found:
            yield Finding(
                "warn",
                "last build",
                f"{warehouse} has no {PREFIX}data_readiness",
                "the build did not finish: run `make build` and read its errors",
            )
            return
        ((database, schema), *_) = found
        lacking = connection.execute(
            "select capability, requirement, status, advice"
            f' from "{database}"."{schema}".{PREFIX}data_readiness'
            " where status != 'ok' order by status, capability, requirement"
        ).fetchall()
    if not lacking:
        yield Finding("ok", "readiness", "enough data for everything")
    for capability, requirement, status, advice in lacking:
        yield Finding(
            "warn", "readiness", f"{capability}, {requirement}: {status}", advice or ""
        )


def _opening_problem(warehouse: Path) -> str | None:
    """Say why DuckDB does not open the file; None when it does."""
    try:
        duckdb.connect(str(warehouse), read_only=True).close()
    except duckdb.Error as problem:
        return str(problem).strip().splitlines()[0]
    return None
