"""Checks, order, matrices and hashes that every fit relies on."""

import hashlib
import os
import subprocess
import sys
import threading
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from threadpoolctl import threadpool_info

from precision_marketing.frames import (
    conform,
    content_hash,
    hash_order,
    one_thread,
    require_columns,
    sorted_by,
    to_matrix,
)

TABLE = pa.table({"customer_id": ["b", "a", "c"], "orders": [2, 1, 3]})


def test_require_columns_lists_everything_that_is_missing():
    with pytest.raises(ValueError, match=r"features: missing columns \['x', 'y'\]"):
        require_columns(TABLE, ["x", "orders", "y"], name="features")


def test_require_columns_wants_arrow():
    with pytest.raises(TypeError, match="to_arrow_table"):
        require_columns(TABLE.to_pandas(), ["orders"], name="features")


def test_conform_orders_and_casts():
    schema = pa.schema([("orders", pa.float64()), ("customer_id", pa.string())])
    result = conform(TABLE, schema, name="result")
    assert result.schema == schema
    assert result["orders"].to_pylist() == [2.0, 1.0, 3.0]


def test_conform_keeps_types_of_empty_and_all_null_columns():
    schema = pa.schema([("a", pa.float64()), ("b", pa.string())])
    assert conform({"a": [], "b": []}, schema, name="result").schema == schema
    assert conform({"a": [None], "b": [None]}, schema, name="result").schema == schema


def test_conform_names_missing_and_extra_columns():
    schema = pa.schema([("orders", pa.int64()), ("x", pa.int64())])
    with pytest.raises(ValueError, match=r"missing \['x'\].*\['customer_id'\]"):
        conform(TABLE, schema, name="result")


def test_sorted_by_two_keys():
    table = pa.table({"d": [2, 1, 2], "c": ["a", "z", "B"], "v": [1, 2, 3]})
    assert sorted_by(table, ["d", "c"])["v"].to_pylist() == [2, 3, 1]


def test_sorted_by_refuses_repeated_and_null_keys():
    with pytest.raises(ValueError, match="got 2 repeated keys"):
        sorted_by(pa.table({"c": ["a", "b", "a", "a"]}), ["c"], name="features")
    with pytest.raises(ValueError, match="'c' must not be null, got 1"):
        sorted_by(pa.table({"c": ["a", None]}), ["c"], name="features")


def test_to_matrix_reads_decimals_flags_and_integers():
    table = pa.table(
        {
            "money": pa.array(
                [Decimal("12.34"), Decimal("-0.01")], pa.decimal128(18, 2)
            ),
            "flag": [True, False],
            "count": pa.array([1, 2], pa.int8()),
        }
    )
    matrix = to_matrix(table, ["count", "money", "flag"])
    assert matrix.dtype == np.float64
    assert matrix.flags.c_contiguous
    np.testing.assert_array_equal(matrix, [[1, 12.34, 1], [2, -0.01, 0]])


def test_to_matrix_names_each_column_with_its_count():
    table = pa.table(
        {"a": [1.0, None, np.nan], "b": [np.inf, 1.0, 2.0], "c": [1, 2, 3]}
    )
    with pytest.raises(ValueError, match=r"a \(2\), b \(1\)"):
        to_matrix(table, ["a", "b", "c"], name="features")
    missing = to_matrix(table, ["a"], allow_missing=True)[:, 0]
    np.testing.assert_array_equal(missing, [1.0, np.nan, np.nan])


def test_to_matrix_refuses_text():
    with pytest.raises(ValueError, match="'customer_id' must be a number, got string"):
        to_matrix(TABLE, ["customer_id"])


def test_hash_order_is_sha256_of_the_key():
    keys = [f"c{i}" for i in range(200)]
    expected = sorted(keys, key=lambda key: hashlib.sha256(key.encode()).hexdigest())
    order = hash_order(pa.table({"key": keys}), ["key"])
    assert [keys[position] for position in order] == expected


def test_hash_order_of_no_rows_and_of_two_keys():
    assert len(hash_order(pa.table({"key": pa.array([], pa.string())}), ["key"])) == 0
    table = pa.table({"d": [date(2024, 1, 1), date(2024, 2, 1)], "c": [1, 1]})
    texts = ["2024-01-01|1", "2024-02-01|1"]
    expected = np.argsort([hashlib.sha256(t.encode()).hexdigest() for t in texts])
    np.testing.assert_array_equal(hash_order(table, ["d", "c"]), expected)


def test_content_hash_is_sixteen_hexadecimal_digits_and_ignores_name_order():
    first = content_hash({"a": 1, "b": np.arange(3.0)})
    assert first == content_hash({"b": np.arange(3.0), "a": 1})
    assert len(first) == 16
    int(first, 16)


@pytest.mark.parametrize("value", [0.1, 1e-200, -123456.789, 1e15, 999999999999.5])
def test_content_hash_forgives_the_last_digits_only(value):
    exact = content_hash({"x": value})
    assert exact == content_hash({"x": value * (1 + 4e-16)})
    assert exact != content_hash({"x": value * (1 + 1e-10)})
    assert exact != content_hash({"x": -value})


def test_content_hash_agrees_around_powers_of_ten():
    for power in range(-30, 31):
        value = 10.0**power
        assert content_hash({"x": value}) == content_hash(
            {"x": np.nextafter(value, 0)}
        ), power


def test_content_hash_tells_kinds_shapes_and_borders_apart():
    contents = [
        None,
        "",
        "1",
        1,
        [1],
        ["ab", "c"],
        ["a", "bc"],
        ["a", None],
        np.zeros((2, 3)),
        np.zeros((3, 2)),
        np.array([np.nan]),
        np.array([np.inf]),
        np.array([-np.inf]),
        date(2024, 1, 1),
    ]
    assert len({content_hash({"x": content}) for content in contents}) == len(contents)
    assert content_hash({"x": 0.0}) == content_hash({"x": -0.0})


def test_content_hash_of_known_content_does_not_drift():
    # A change here renames every model in every registry: bump it knowingly.
    known = content_hash({"name": "kmeans", "k": 3, "values": np.array([1.5, -2.0])})
    assert known == "1ec52d68f9b95a6a"


def test_content_hash_refuses_what_has_no_fixed_form():
    with pytest.raises(TypeError, match="got set"):
        content_hash({"x": {1, 2}})


def test_one_thread_is_restored_when_the_last_user_leaves():
    def threads() -> list[int]:
        return [p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"]

    before = threads()
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with one_thread():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with one_thread():
        thread.start()
        assert entered.wait(10)
        assert set(threads()) == {1}
    assert set(threads()) == {1}
    leave.set()
    thread.join()
    assert threads() == before


def test_one_thread_holds_while_another_that_used_it_first_lives_on():
    def blas() -> set[int]:
        return {p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"}

    before = blas()
    used, leave = threading.Event(), threading.Event()

    def other() -> None:
        with one_thread():
            pass
        used.set()
        leave.wait(10)

    thread = threading.Thread(target=other)
    thread.start()
    assert used.wait(10)
    with one_thread():
        assert blas() == {1}
    assert blas() == before
    leave.set()
    thread.join()


LATE_LIBRARY = """
from threadpoolctl import threadpool_info, threadpool_limits
from precision_marketing.frames import one_thread


def threads():
    return [p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"]


with one_thread():
    early = threads()
    import scipy.linalg
    late = threads()
    with one_thread():
        assert len(late) > len(early), "scipy brings no BLAS of its own any more"
        assert set(threads()) == {1}, threads()
    assert set(threads()) == {1}, threads()
assert set(threads()) == {2}, threads()
"""


def test_one_thread_holds_for_a_library_loaded_while_another_model_runs():
    # A process of its own: here scipy is loaded already.
    subprocess.run(
        [sys.executable, "-c", LATE_LIBRARY],
        check=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "2"},
    )
