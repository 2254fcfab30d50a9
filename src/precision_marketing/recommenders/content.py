"""What items are, by their own words and numbers, as vectors."""

import re

import numpy as np
import pyarrow as pa
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

# Shares of the similarity: two items alike in all four have 1, and an attribute that
# the shop does not give adds nothing. Words say most of what an item is; a price says
# something only among items of a kind.
TEXT_SHARE, CATEGORY_SHARE, BRAND_SHARE, PRICE_SHARE = 0.6, 0.2, 0.1, 0.1
# A price is shared by the two nearest steps of a ladder, each half an octave higher:
# prices a factor of 1.41 apart have little in common, a factor of 2 nothing.
PRICE_STEP = 0.5

# Runs of letters and digits; Chinese, Japanese and Korean text has no blanks in it.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MIXED = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
    r"|(?:(?![\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])[^\W_])+"
)


def words(text: str) -> list[str]:
    """Words of a text; of text without blanks between them, each pair of characters.

    >>> words("Red MUG 2-pack")
    ['red', 'mug', '2', 'pack']
    >>> words("红茶杯 L")
    ['红茶', '茶杯', 'l']
    """
    found = []
    for run in _MIXED.findall(text.lower()):
        if _UNSPACED.match(run) and len(run) > 1:
            found.extend(run[i : i + 2] for i in range(len(run) - 1))
        else:
            found.append(run)
    return found


def content_vectors(items: pa.Table) -> sparse.csr_matrix:
    """One vector an item, whose inner products are the similarities of content.

    Parameters
    ----------
    items : pyarrow.Table
        item_name, description, category, brand, unit_price; any may be null.

    Returns
    -------
    scipy.sparse.csr_matrix of shape (items, features)

    Notes
    -----
    TEXT_SHARE * cosine of TF-IDF vectors of name and description + CATEGORY_SHARE
    when the category is the same + BRAND_SHARE when the brand is + PRICE_SHARE *
    closeness of prices when the category is the same.
    """
    texts = [
        " ".join(part for part in parts if part)
        for parts in zip(
            items["item_name"].to_pylist(),
            items["description"].to_pylist(),
            strict=True,
        )
    ]
    parts = [
        np.sqrt(TEXT_SHARE) * _text_vectors(texts),
        np.sqrt(CATEGORY_SHARE) * _label_vectors(items["category"].to_pylist()),
        np.sqrt(BRAND_SHARE) * _label_vectors(items["brand"].to_pylist()),
        np.sqrt(PRICE_SHARE)
        * _price_vectors(items["unit_price"], items["category"].to_pylist()),
    ]
    return sparse.hstack(parts, format="csr")


def _text_vectors(texts: list[str]) -> sparse.csr_matrix:
    if not any(words(text) for text in texts):
        return sparse.csr_matrix((len(texts), 0))
    return TfidfVectorizer(analyzer=words, sublinear_tf=True).fit_transform(texts)


def _label_vectors(labels: list[str | None]) -> sparse.csr_matrix:
    codes, count = _label_codes(labels)
    rows = np.flatnonzero(codes >= 0)
    return sparse.csr_matrix(
        (np.ones(len(rows)), (rows, codes[rows])), shape=(len(labels), count)
    )


def _label_codes(labels: list[str | None]) -> tuple[np.ndarray, int]:
    """Each label by number, -1 where there is none, and how many there are."""
    known = sorted({label for label in labels if label is not None})
    number = {label: position for position, label in enumerate(known)} | {None: -1}
    return np.array([number[label] for label in labels], dtype=np.int64), len(known)


def _price_vectors(
    prices: pa.ChunkedArray, categories: list[str | None]
) -> sparse.csr_matrix:
    """Places on a ladder of prices, a ladder for each category."""
    values = prices.cast(pa.float64()).to_numpy()
    codes, count = _label_codes(categories)
    rows = np.flatnonzero((values > 0) & (codes >= 0))
    if not len(rows):
        return sparse.csr_matrix((len(values), 0))
    heights = np.log2(values[rows]) / PRICE_STEP
    steps = np.floor(heights).astype(np.int64)
    above = heights - steps
    lowest = steps.min()
    rungs = int(steps.max() - lowest) + 2
    foot = codes[rows] * rungs - lowest
    ladders = sparse.csr_matrix(
        (
            np.concatenate([1 - above, above]),
            (np.tile(rows, 2), np.concatenate([foot + steps, foot + steps + 1])),
        ),
        shape=(len(values), count * rungs),
    )
    return normalize(ladders)


def embedding_vectors(items: pa.Table) -> np.ndarray:
    """Unit vectors of a text or image model, as the items input gives them.

    Parameters
    ----------
    items : pyarrow.Table
        embedding: text such as ``[0.1, -0.2]`` or ``0.1 -0.2``, or null.

    Returns
    -------
    numpy.ndarray of shape (items, numbers), float64
        A row of zeros for an item without one; 0 columns when no item has one. Vectors
        of another length than most cannot be compared with them and are left out, as is
        what is no numbers.
    """
    vectors = [_numbers(text) for text in items["embedding"].to_pylist()]
    lengths = [len(vector) for vector in vectors if vector is not None]
    if not lengths:
        return np.empty((len(vectors), 0))
    counted = np.bincount(lengths)
    length = int(np.argmax(counted))
    dense = np.zeros((len(vectors), length))
    for row, vector in enumerate(vectors):
        if vector is not None and len(vector) == length:
            dense[row] = vector
    return normalize(dense)


def _numbers(text: str | None) -> list[float] | None:
    """The numbers in a text, or None when it is anything else."""
    parts = re.split(r"[\s,;]+", (text or "").strip().strip("[](){}").strip())
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        return None
    return numbers if np.all(np.isfinite(numbers)) else None
