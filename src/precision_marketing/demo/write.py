"""Write a shop to a folder: CSV or Parquet, and the truth."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from precision_marketing.demo.shop import INPUTS, Shop

FORMATS = ("csv", "parquet")


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as UTF-8 CSV, lines ended by a line feed, missing values empty."""
    shown = frame.copy()
    for name in shown.columns:
        if pd.api.types.is_bool_dtype(shown[name].dtype):
            shown[name] = shown[name].map({True: "true", False: "false"})
    shown.to_csv(
        path,
        index=False,
        lineterminator="\n",
        encoding="utf-8",
        date_format="%Y-%m-%d %H:%M:%S",
    )


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as one zstd Parquet file with native types."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    pq.write_table(table, path, compression="zstd", store_schema=False)


def write_json(content: dict, path: Path) -> None:
    """Write JSON readable by people: indented, keys in their order, UTF-8."""
    text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def write_shop(
    shop: Shop, out: Path | str, *, file_format: str = "csv", only: tuple = INPUTS
) -> list[Path]:
    """Write the inputs of a shop and its truth; return the files written.

    Parameters
    ----------
    shop : Shop
    out : path
        Folder, made if missing. Files of the same names are replaced, others stay.
    file_format : {"csv", "parquet"}
        Format of the inputs; truth tables are always CSV.
    only : tuple of str
        Inputs to write; the truth is written in full.

    Raises
    ------
    ValueError
        If the format or an input is unknown.
    """
    if file_format not in FORMATS:
        raise ValueError(
            f"format must be one of {', '.join(FORMATS)}, got {file_format!r}"
        )
    unknown = sorted(set(only) - set(INPUTS))
    if unknown:
        raise ValueError(
            f"only must name inputs among {', '.join(INPUTS)}; got {', '.join(unknown)}"
        )
    out = Path(out)
    truth = out / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    written = []
    for name in INPUTS:
        if name not in only:
            continue
        path = out / f"{name}.{file_format}"
        (write_csv if file_format == "csv" else write_parquet)(shop.inputs[name], path)
        written.append(path)
    for name, frame in shop.truth_tables.items():
        path = truth / f"{name}.csv"
        write_csv(frame, path)
        written.append(path)
    path = truth / "truth.json"
    write_json(shop.truth, path)
    return [*written, path]
