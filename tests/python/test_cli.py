"""The command precision-marketing, as it is typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from precision_marketing.cli import main

HOLD_OPEN = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A file with one public table."""
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table pm__orders as select '1' as order_id, 'a' as customer_id,"
            " false as is_return, false as is_anonymous, 9.50 as net_revenue,"
            " timestamp '2024-01-05' as ordered_at,"
            " cast(null as timestamp) as fully_returned_at"
        )
    return path


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_summary_prints_the_page(warehouse, capsys):
    assert main(["summary", "--warehouse", str(warehouse)]) == 0
    out = capsys.readouterr().out
    assert str(warehouse) in out
    assert "9.50" in out


def test_summary_leaves_the_file_as_it_was(warehouse):
    before = warehouse.read_bytes()

    main(["summary", "--warehouse", str(warehouse)])

    assert warehouse.read_bytes() == before
    assert list(warehouse.parent.iterdir()) == [warehouse]


def test_report_is_written_beside_the_warehouse(warehouse, capsys):
    assert main(["report", "--warehouse", str(warehouse)]) == 0

    page = warehouse.with_name("report.html")
    assert capsys.readouterr().out == f"Report  {page}\n"
    assert "pm__orders" in page.read_text(encoding="utf-8")
    assert sorted(warehouse.parent.iterdir()) == [page, warehouse]


def test_report_goes_where_it_is_asked_to_in_the_language_asked_for(
    warehouse, tmp_path
):
    output = tmp_path / "new folder" / "page.html"

    main(["report", f"--warehouse={warehouse}", f"--output={output}", "--language=zh"])

    assert '<html lang="zh-Hans">' in output.read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_says_so(warehouse, tmp_path, capsys):
    folder = tmp_path / "a folder"
    folder.mkdir()

    assert main(["report", f"--warehouse={warehouse}", f"--output={folder}"]) == 2
    assert "Name another file with --output" in complaint(capsys)


def test_a_build_of_another_version_is_to_be_built_again(warehouse, capsys):
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("alter table pm__orders drop column fully_returned_at")

    assert main(["report", f"--warehouse={warehouse}"]) == 2
    message = complaint(capsys)
    assert '"fully_returned_at"' in message
    assert f"`make build WAREHOUSE={warehouse}`" in message
    assert list(warehouse.parent.iterdir()) == [warehouse]


def test_the_default_warehouse_is_the_builds(warehouse, capsys, monkeypatch):
    monkeypatch.setenv("PM_WAREHOUSE", str(warehouse))

    assert main(["summary", "--language", "zh"]) == 0
    assert "净收入" in capsys.readouterr().out


def test_a_missing_file_says_what_makes_it(tmp_path, capsys):
    path = tmp_path / "none.duckdb"

    assert main(["summary", "--warehouse", str(path)]) == 2
    assert complaint(capsys) == (
        f"error: there is no file {path}. `make build` makes it; name another one"
        " with --warehouse.\n"
    )
    assert not path.exists()


def test_a_file_without_our_tables_says_what_makes_them(tmp_path, capsys):
    path = tmp_path / "other.duckdb"
    duckdb.connect(str(path)).close()

    assert main(["summary", "--warehouse", str(path)]) == 2
    assert f"make build WAREHOUSE={path}" in complaint(capsys)


def test_another_kind_of_file_is_named_as_such(tmp_path, capsys):
    path = tmp_path / "notes.txt"
    path.write_text("not a database\n" * 1000)

    assert main(["summary", "--warehouse", str(path)]) == 2
    message = complaint(capsys)
    assert f"{path} cannot be read with DuckDB" in message
    assert len(message.splitlines()) == 1


def test_a_file_that_a_build_holds_says_to_wait(warehouse, capsys):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_OPEN, str(warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as build:
        assert build.stdout.readline() == "open\n"
        code = main(["summary", "--warehouse", str(warehouse)])
        build.stdin.close()

    assert code == 2
    assert "is in use by another process, such as a running build" in complaint(capsys)


def test_demo_hands_its_arguments_on(tmp_path, capsys):
    code = main(
        ["demo", "--out", str(tmp_path), "--customers", "20", "--only", "customers"]
    )

    assert code == 0
    assert (tmp_path / "customers.csv").is_file()


def test_demo_shows_its_own_help(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["demo", "--help"])

    assert stop.value.code == 0
    assert "--customers" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [[], ["sumary"], ["summary", "--warehose", "x"], ["summary", "x"]]
)
def test_what_is_not_understood_ends_with_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)

    assert stop.value.code == 2
    assert "usage: precision-marketing" in complaint(capsys)


def test_the_module_runs_as_a_command(warehouse):
    run = subprocess.run(
        [sys.executable, "-m", "precision_marketing", "summary"],
        env={"PM_WAREHOUSE": str(warehouse), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "precision_marketing" in run.stdout
