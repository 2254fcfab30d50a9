"""Published copies: complete, and whole at any moment."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time

import duckdb
import pytest

from precision_marketing.cli import main
from precision_marketing.publish import PublishingError, publish
from precision_marketing.summary import NoTablesError

PUBLISH = """
import sys
from pathlib import Path
from precision_marketing.publish import publish
publish(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def build(path, version: int, rows: int = 3):
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"create table pm__build_info as select {version} as version;"
            " comment on table pm__build_info is 'Whose build it''s';"
            f" create table pm__orders as select {version} as version, i,"
            " md5(i::varchar) as code, [i] as items, null::decimal(18, 2) as amount"
            f" from range({rows}) as t (i);"
            " comment on column pm__orders.i is 'A number';"
            " create view pm__order_lines as select i, 1 as quantity from pm__orders;"
            " comment on view pm__order_lines is 'A view';"
            " create table ml_pm__private as select 1 as secret;"
            " create table pmx as select 1 as secret"
        )
    return path


@pytest.fixture
def built(tmp_path):
    return build(tmp_path / "build.duckdb", version=1)


def read(path, query: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_all_public_tables_are_copied_and_nothing_else(built, tmp_path):
    target = tmp_path / "published.duckdb"
    published = publish(built, target)
    assert [(table.name, table.row_count) for table in published] == [
        ("pm__build_info", 1),
        ("pm__order_lines", 3),
        ("pm__orders", 3),
    ]
    assert read(target, "select table_name from duckdb_tables() order by all") == [
        (table.name,) for table in published
    ]
    for table in published:
        query = f"from {table.name} order by all"
        assert read(target, query) == read(built, query)
        types = f"select column_name, column_type from (describe {table.name})"
        assert read(target, types) == read(built, types)


def test_comments_come_along(built, tmp_path):
    publish(built, tmp_path / "published.duckdb")
    assert read(
        tmp_path / "published.duckdb",
        "select table_name, comment from duckdb_tables() order by all",
    ) == [
        ("pm__build_info", "Whose build it's"),
        ("pm__order_lines", "A view"),
        ("pm__orders", None),
    ]
    assert read(
        tmp_path / "published.duckdb",
        "select column_name, comment from duckdb_columns() where comment is not null",
    ) == [("i", "A number")]


def test_who_reads_goes_on_and_who_comes_later_sees_the_new_data(built, tmp_path):
    target = tmp_path / "published.duckdb"
    publish(built, target)
    with duckdb.connect(str(target), read_only=True) as early:
        publish(build(built, version=2), target)
        query = "select version, count(*) from pm__orders group by version"
        assert early.execute(query).fetchall() == [(1, 3)]
        # In a process of its own: within one, DuckDB shares what is open.
        late = subprocess.run(
            [sys.executable, "-c", READ_VERSION, str(target)],
            check=True,
            capture_output=True,
            text=True,
        )
        assert late.stdout.split() == ["2"]
        assert early.execute(query).fetchall() == [(1, 3)]


READ_VERSION = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
print(*connection.execute("select distinct version from pm__orders").fetchone())
"""


def test_a_kill_at_any_moment_leaves_a_whole_file(tmp_path):
    target = tmp_path / "published.duckdb"
    publish(build(tmp_path / "one.duckdb", version=1, rows=400_000), target)
    second = build(tmp_path / "two.duckdb", version=2, rows=400_000)
    script = [sys.executable, "-c", PUBLISH, str(second), str(target)]
    start = time.perf_counter()
    subprocess.run([*script[:-1], str(tmp_path / "timed.duckdb")], check=True)
    whole = time.perf_counter() - start
    killed = 0
    for share in (0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0):
        process = subprocess.Popen(script)
        time.sleep(share * whole)
        process.kill()
        killed += process.wait() == -signal.SIGKILL
        ((versions, lowest, rows, codes),) = read(
            target,
            "select count(distinct version), min(version), count(*),"
            " count(distinct code) from pm__orders",
        )
        assert (versions, rows, codes) == (1, 400_000, 400_000)
        assert lowest in (1, 2)
    assert killed
    # What the killed left is in nobody's way, and goes.
    publish(second, target)
    assert read(target, "select distinct version from pm__orders") == [(2,)]
    assert sorted(path.name for path in tmp_path.glob(".published*")) == [
        ".published.duckdb.lock"
    ]


WRITE_AND_DIE = """
import os, signal, sys, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("insert into pm__orders select * from pm__orders")
connection.execute("create table mine as select 1 as i")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_somebody_wrote_to_the_former_copy_is_no_part_of_the_next(built, tmp_path):
    target = tmp_path / "published.duckdb"
    publish(built, target)
    target.chmod(0o644)
    subprocess.run([sys.executable, "-c", WRITE_AND_DIE, str(target)], check=False)
    assert (tmp_path / "published.duckdb.wal").exists()
    publish(built, target)
    assert read(target, "select count(*) from pm__orders") == [(3,)]
    assert read(target, "select table_name from duckdb_tables() order by all") == [
        ("pm__build_info",),
        ("pm__order_lines",),
        ("pm__orders",),
    ]


def test_a_link_to_the_copy_stays_a_link(built, tmp_path):
    (tmp_path / "disk").mkdir()
    link = tmp_path / "published.duckdb"
    link.symlink_to(tmp_path / "disk" / "shop.duckdb")
    publish(built, link)
    assert link.is_symlink()
    query = "select count(*) from pm__orders"
    assert read(tmp_path / "disk" / "shop.duckdb", query) == [(3,)]
    to_itself = tmp_path / "again.duckdb"
    to_itself.symlink_to(built)
    with pytest.raises(PublishingError, match="file of the build itself"):
        publish(built, to_itself)


FILL_THE_DISK = """
import resource, sys
from precision_marketing.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
sys.exit(main(["publish", "--warehouse", sys.argv[1], "--to", sys.argv[2]]))
"""


def test_a_full_disk_leaves_the_former_copy_and_no_remains(built, tmp_path):
    target = tmp_path / "published.duckdb"
    publish(built, target)
    large = build(tmp_path / "large.duckdb", version=2, rows=400_000)
    run = subprocess.run(
        [sys.executable, "-c", FILL_THE_DISK, str(large), str(target)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr.count("\n")) == (2, 1), run.stderr
    assert f"error: {target} was not made: IO Error" in run.stderr
    assert read(target, "select distinct version from pm__orders") == [(1,)]
    assert sorted(path.name for path in tmp_path.glob(".published*")) == [
        ".published.duckdb.lock"
    ]


def test_two_do_not_publish_at_once(built, tmp_path):
    target = tmp_path / "published.duckdb"
    with (tmp_path / ".published.duckdb.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(PublishingError, match="another process is publishing"):
            publish(built, target)
    publish(built, target)


def test_the_copy_is_not_to_be_written(built, tmp_path):
    publish(built, tmp_path / "published.duckdb", parquet_folder=tmp_path / "parquet")
    files = [tmp_path / "published.duckdb", *(tmp_path / "parquet").iterdir()]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o444}


def test_nobody_reads_it_whom_the_umask_keeps_out(built, tmp_path):
    before = os.umask(0o027)
    try:
        publish(built, tmp_path / "published.duckdb", parquet_folder=tmp_path / "p")
    finally:
        os.umask(before)
    files = [tmp_path / "published.duckdb", *(tmp_path / "p").iterdir()]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o440}


def test_parquet_holds_the_same_and_forgets_tables_that_are_no_more(built, tmp_path):
    folder = tmp_path / "parquet"
    publish(built, tmp_path / "published.duckdb", parquet_folder=folder)
    (folder / "pm__of_last_year.parquet").write_bytes(b"")
    (folder / ".pm__of_last_year.parquet.new").write_bytes(b"killed")
    (folder / "somebody_elses.parquet").write_bytes(b"")
    publish(built, tmp_path / "published.duckdb", parquet_folder=folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "_published.json",
        "pm__build_info.parquet",
        "pm__order_lines.parquet",
        "pm__orders.parquet",
        "somebody_elses.parquet",
    ]
    catalogue = json.loads((folder / "_published.json").read_text())
    assert catalogue["row_counts"] == {
        "pm__build_info": 1,
        "pm__order_lines": 3,
        "pm__orders": 3,
    }
    exported = duckdb.sql(f"from '{folder}/pm__orders.parquet' order by all")
    assert exported.fetchall() == read(built, "from pm__orders order by all")


def test_names_that_need_quoting(tmp_path):
    folder = tmp_path / "it's a folder"
    folder.mkdir()
    built = folder / "bu'ilt.duckdb"
    with duckdb.connect(str(built)) as connection:
        connection.execute(
            'create schema "my ""own";'
            ' create table "my ""own".pm__x as select 1 as "a""b";'
            ' comment on column "my ""own".pm__x."a""b" is \'it\'\'s\''
        )
    publish(built, folder / "pub'lished.duckdb", parquet_folder=folder / "p'q")
    assert read(folder / "pub'lished.duckdb", "from pm__x") == [(1,)]


def test_problems_are_said_in_one_line(built, tmp_path, capsys):
    (tmp_path / "text.duckdb").write_text("no database")
    with duckdb.connect(str(tmp_path / "empty.duckdb")) as connection:
        connection.execute("create table t as select 1 as i")
    with duckdb.connect(str(tmp_path / "two.duckdb")) as connection:
        connection.execute(
            "create schema a; create table a.pm__x as select 1 as i;"
            " create schema b; create table b.pm__y as select 1 as i"
        )
    cases = {
        ("missing.duckdb", "out.duckdb"): "there is no file",
        ("text.duckdb", "out.duckdb"): "cannot be read",
        ("empty.duckdb", "out.duckdb"): "no table is named pm__",
        ("two.duckdb", "out.duckdb"): "several schemas (a, b)",
        ("build.duckdb", "build.duckdb"): "the file of the build itself",
        ("build.duckdb", "a_folder"): "is a folder: name a file in it",
        ("build.duckdb", "text.duckdb/out.duckdb"): "cannot be written: ",
    }
    (tmp_path / "a_folder").mkdir()
    for (warehouse, target), message in cases.items():
        arguments = ["--warehouse", str(tmp_path / warehouse)]
        code = main(["publish", *arguments, "--to", str(tmp_path / target)])
        problem = capsys.readouterr().err
        assert (code, problem.count("\n")) == (2, 1), problem
        assert problem.startswith("error: ") and message in problem
    assert not (tmp_path / "out.duckdb").exists()


def test_a_running_build_is_waited_for_by_the_reader(built, tmp_path, capsys):
    hold = (
        "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print(1, flush=True);"
        " sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(built)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        target = tmp_path / "published.duckdb"
        assert main(["publish", "--warehouse", str(built), "--to", str(target)]) == 2
        process.stdin.close()
    assert "in use by another process" in capsys.readouterr().err
    assert not target.exists()


def test_no_table_is_an_error_of_its_own(tmp_path):
    with duckdb.connect(str(tmp_path / "empty.duckdb")) as connection:
        connection.execute("create table t as select 1 as i")
    with pytest.raises(NoTablesError):
        publish(tmp_path / "empty.duckdb", tmp_path / "out.duckdb")
