"""Choice of the text table of a language."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from precision_marketing.demo import words_en, words_zh

_WORDS: Final = {"en": words_en, "zh": words_zh}


def words(language: str) -> ModuleType:
    """Text table of a language; both tables hold the same names.

    Raises
    ------
    ValueError
        If there is no table for `language`.
    """
    if language not in _WORDS:
        raise ValueError(
            f"language must be one of {', '.join(_WORDS)}, got {language!r}"
        )
    return _WORDS[language]
