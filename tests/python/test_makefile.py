"""What `make` asks of dbt and of the command; scripts play both."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DBT = """\
#!/bin/sh
echo "12:00:00  1 of 3 START sql table model main.a ..... [RUN]"
echo "12:00:00  1 of 3 OK created sql table model main.a [OK in 0.01s]"
echo "12:00:00  2 of 3 PASS a_is_unique [PASS in 0.01s]"
echo "12:00:00  3 of 3 FAIL 7 b_is_unique [FAIL 7 in 0.01s]"
echo "12:00:00  Done. PASS=1 WARN=0 ERROR=1 SKIP=0 TOTAL=3"
echo "warehouse: $PM_WAREHOUSE" "profile: ${DBT_PROFILES_DIR:-none}" "$@"
exit DBT_EXIT
"""
COMMAND = '#!/bin/sh\necho "command:" "$@"\n'

pytestmark = pytest.mark.skipif(
    not shutil.which("make"), reason="make is not installed"
)


@pytest.fixture
def make(tmp_path: Path):
    """A function that runs `make` on scripts in place of the environment."""

    def run(
        *arguments: str, target: str = "build", dbt_exit: int = 0
    ) -> subprocess.CompletedProcess[str]:
        scripts = {
            "dbt": DBT.replace("DBT_EXIT", str(dbt_exit)),
            "precision-marketing": COMMAND,
        }
        for name, text in scripts.items():
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o755)
        return subprocess.run(
            [
                *("make", "--old-file=.venv/build.stamp", target),
                *(*arguments, f"BIN={tmp_path}"),
            ],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "DBT_PROFILES_DIR": "/elsewhere"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_input_goes_to_dbt_and_the_warehouse_to_both(make, tmp_path):
    warehouse = tmp_path / "new folder" / "shop.duckdb"

    run = make("INPUT=inputs/cdnow.yml", f"WAREHOUSE={warehouse}")

    assert run.returncode == 0, run.stderr
    assert f"warehouse: {warehouse} profile: none --no-use-colors build" in run.stdout
    assert (ROOT / "inputs" / "cdnow.yml").read_text().strip() in run.stdout
    assert run.stdout.endswith(
        f"command: summary --warehouse {warehouse}\n"
        f"command: report --warehouse {warehouse}\n"
    )
    assert warehouse.parent.is_dir()


def test_the_demo_and_the_usual_file_are_the_default(make):
    run = make()

    assert "seeds/demo/order_lines.csv" in run.stdout
    assert "warehouse: warehouse/precision_marketing.duckdb" in run.stdout


def test_models_and_failures_are_shown_and_passed_tests_are_not(make, tmp_path):
    run = make(f"WAREHOUSE={tmp_path / 'shop.duckdb'}")

    assert "OK created" in run.stdout
    assert "FAIL 7" in run.stdout
    assert "Done. PASS=1" in run.stdout
    assert " START " not in run.stdout
    assert "a_is_unique" not in run.stdout


def test_a_failed_build_fails_and_has_no_summary(make, tmp_path):
    run = make(f"WAREHOUSE={tmp_path / 'shop.duckdb'}", dbt_exit=1)

    assert run.returncode != 0
    assert "FAIL 7" in run.stdout
    assert "command:" not in run.stdout


@pytest.mark.parametrize("target", ["build", "docs"])
def test_an_input_that_is_not_there_is_one_error(make, target):
    run = make("INPUT=inputs/none.yml", target=target)

    assert run.returncode != 0
    assert run.stdout == ""
    first, *others = run.stderr.splitlines()
    assert first == "make: there is no input file inputs/none.yml; these are at hand:"
    assert "inputs/demo.yml" in others


def test_a_folder_with_a_space_is_one_folder(make, tmp_path):
    warehouse = tmp_path / "my shop" / "shop.duckdb"

    run = make(f"WAREHOUSE={warehouse}", target="publish")

    assert run.stdout == (
        f"command: publish --warehouse {warehouse}"
        f" --parquet {warehouse.parent / 'published'}\n"
    )


def test_docs_of_no_build_make_no_build(make, tmp_path):
    warehouse = tmp_path / "none.duckdb"

    run = make(f"WAREHOUSE={warehouse}", target="docs")

    assert run.returncode != 0
    assert run.stdout == ""
    assert f"there is no file {warehouse}; make build makes it" in run.stderr


def test_help_names_every_target(make):
    makefile = (ROOT / "Makefile").read_text()
    lines = [line for line in makefile.splitlines() if line.startswith(".PHONY:")]
    targets = {name for line in lines for name in line.split()[1:]}

    told = make(target="help").stdout

    assert {"build", "publish", "lint-sql"} <= targets
    assert targets == set(re.findall(r"make ([a-z][a-z0-9.-]*)", told))
