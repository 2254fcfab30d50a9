"""What `doctor` finds, on machines and mappings that lack something."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import duckdb
import pytest

from precision_marketing import doctor
from precision_marketing.cli import main

ROOT = Path(__file__).resolve().parents[2]
BROKEN = """
pm_horizon_days: -3
pm_inputs:
  order_lines: {path: nothing_here.csv}
  custmers: {path: any.csv}
"""


@pytest.fixture
def readiness(tmp_path):
    """A function that writes a build with these rows of pm__data_readiness."""

    def write(*rows: tuple[str, str, str, str]) -> Path:
        warehouse = tmp_path / "shop.duckdb"
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute(
                "create schema shop; create table shop.shop.pm__data_readiness"
                " (capability text, requirement text, status text, advice text)"
            )
            for row in rows:
                connection.execute(
                    "insert into shop.shop.pm__data_readiness values (?, ?, ?, ?)", row
                )
        return warehouse

    return write


def test_a_healthy_project_has_nothing_to_mend(tmp_path, capsys):
    warehouse = tmp_path / "none.duckdb"
    arguments = ["--project", str(ROOT), "--warehouse", str(warehouse)]
    mapping = ["--input", str(ROOT / "inputs" / "demo.yml")]
    assert main(["doctor", *arguments, *mapping]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0].split()[-1] for line in lines] == [
        "Python",
        "packages",
        "memory",
        "disk",
        "mapping",
        "build",
    ]
    assert not any(line.startswith("fail") for line in lines)
    # Looking makes no warehouse.
    assert not warehouse.exists()


def test_every_fault_of_a_mapping_is_told_at_once(tmp_path, capsys):
    mapping = tmp_path / "broken.yml"
    mapping.write_text(BROKEN)
    arguments = ["--project", str(ROOT), "--input", str(mapping)]
    assert main(["doctor", *arguments, "--warehouse", str(tmp_path / "w.duckdb")]) == 1
    told = capsys.readouterr().out
    assert "3 problem(s)" in told
    assert "pm_horizon_days: expected 1" in told
    assert "nearest known one is customers" in told
    assert "no file matches" in told
    assert "Encountered an error" not in told


def test_a_mapping_that_is_not_there_names_those_that_are(tmp_path):
    finding = doctor._mapping(
        ROOT, tmp_path / "no.yml", tmp_path / "w.duckdb", os.environ
    )
    assert finding.status == "fail" and "demo.yml" in finding.advice


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\xff\xfe\x00", "is no readable YAML: 'utf-8' codec"),
        (b"pm_inputs: [", "is no readable YAML: while parsing"),
        (b"", "holds no vars, but None"),
        (b"- pm_inputs", "holds no vars, but ['pm_inputs']"),
    ],
)
def test_a_file_that_is_no_mapping_is_told_in_words(tmp_path, capsys, content, found):
    mapping = tmp_path / "mine.yml"
    mapping.write_bytes(content)
    arguments = ["--project", str(ROOT), "--input", str(mapping)]
    assert main(["doctor", *arguments, "--warehouse", str(tmp_path / "w.duckdb")]) == 1
    told = capsys.readouterr().out
    assert f"fail mapping: {mapping} {found}" in told
    assert "ok   last build" in told


def test_a_warehouse_that_a_build_holds_is_no_fault_of_the_mapping(tmp_path, capsys):
    warehouse = tmp_path / "shop.duckdb"
    hold = "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print(1, flush=True);"
    with subprocess.Popen(
        [sys.executable, "-c", hold + " sys.stdin.read()", str(warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as build:
        build.stdout.readline()
        mapping = ["--input", str(ROOT / "inputs" / "demo.yml")]
        arguments = ["--project", str(ROOT), "--warehouse", str(warehouse)]
        assert main(["doctor", *arguments, *mapping]) == 0
        build.stdin.close()
    told = capsys.readouterr().out
    assert "warn mapping: not looked at" in told
    assert f"wait for the process that uses {warehouse}" in told


@pytest.mark.parametrize(
    ("limit", "status"),
    [
        ("500MB", "ok"),
        ("1 GiB", "ok"),
        ("0.5gb", "ok"),
        ("900TB", "warn"),
        ("much", "fail"),
        ("4", "fail"),
        ("", "fail"),
    ],
)
def test_the_memory_limit_is_a_size_that_the_machine_has(limit, status):
    assert doctor._memory({"PM_MEMORY_LIMIT": limit}).status == status


def test_a_full_disk_is_told_before_it_is_full(tmp_path, monkeypatch):
    usage = namedtuple("usage", ["total", "used", "free"])(10**12, 10**12, 3 * 10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    warehouse = tmp_path / "not" / "yet" / "shop.duckdb"
    assert doctor._disk(warehouse, None).status == "ok"
    assert doctor._disk(warehouse, 10**9).status == "warn"
    assert "10 GB" in doctor._disk(warehouse, 10**9).advice


def test_the_size_of_what_is_mapped_is_known(tmp_path):
    for number in range(3):
        (tmp_path / f"lines-{number}.csv").write_bytes(b"x" * 100)
    mapping = tmp_path / "mine.yml"
    mapping.write_text(
        "pm_inputs:\n"
        "  order_lines: {path: '${SHOP}/lines-*.csv'}\n"
        "  customers: {relation: crm.people}\n"
        "  items: {path: lines-1.csv}\n"
    )
    assert doctor._input_bytes(tmp_path, mapping, {"SHOP": str(tmp_path)}) == 400
    mapping.write_text(
        "pm_inputs:\n"
        "  order_lines: {path: [lines-1.csv, '**.csv', s3://far/away.csv, '/']}\n"
    )
    assert doctor._input_bytes(tmp_path, mapping, {}) == 400
    mapping.write_text("pm_inputs: [")
    assert doctor._input_bytes(tmp_path, mapping, {}) is None


def test_a_package_that_is_too_old_is_named(monkeypatch):
    found = {"duckdb": "0.9.0"}
    version = doctor.metadata.version
    monkeypatch.setattr(
        doctor.metadata, "version", lambda name: found.get(name) or version(name)
    )
    findings = {finding.subject: finding for finding in doctor._packages()}
    assert findings["packages"].status == "fail"
    assert "duckdb is 0.9.0" in findings["packages"].found


def test_what_the_data_cannot_answer_comes_with_advice(readiness):
    warehouse = readiness(
        ("scores", "buyers", "block", "Wait for 100 buyers."),
        ("baskets", "orders", "ok", ""),
        ("segments", "customers", "warn", "Few."),
    )
    assert [
        (finding.status, finding.found, finding.advice)
        for finding in doctor._last_build(warehouse)
    ] == [
        ("warn", "scores, buyers: block", "Wait for 100 buyers."),
        ("warn", "segments, customers: warn", "Few."),
    ]


def test_a_build_without_faults_says_so(readiness):
    (finding,) = doctor._last_build(readiness(("baskets", "orders", "ok", "")))
    assert (finding.status, finding.subject) == ("ok", "readiness")


def test_a_file_that_is_no_build_is_told(tmp_path):
    (tmp_path / "text.duckdb").write_text("none")
    (tmp_path / "folder.duckdb").mkdir()
    for name in ("text.duckdb", "folder.duckdb"):
        (finding,) = doctor._last_build(tmp_path / name)
        assert finding.status == "fail" and "move" in finding.advice
    with duckdb.connect(str(tmp_path / "empty.duckdb")):
        pass
    (finding,) = doctor._last_build(tmp_path / "empty.duckdb")
    assert finding.status == "warn" and "did not finish" in finding.advice
