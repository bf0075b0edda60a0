"""Halves of characters, which no UTF-8 can hold."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from singer_rest.surrogates import mended

ANY_TEXT = st.text(st.characters(exclude_categories=()))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
)


@given(value=VALUES)
def test_whatever_json_holds_can_be_written_as_utf_8(value: object) -> None:
    source = json.dumps(value).encode()
    text = json.dumps(mended(json.loads(source), source), ensure_ascii=False)
    assert text.encode()


@given(value=st.text(st.characters(exclude_categories=["Cs"])))
def test_whole_characters_stay_as_they_are(value: str) -> None:
    source = json.dumps([value]).encode()
    assert mended(json.loads(source), source) == [value]


def test_a_half_becomes_the_sign_of_an_unknown_character() -> None:
    source = rb'{"\udc00": ["a\ud83d", "\ud83d\ude00"]}'
    assert mended(json.loads(source), source) == {"\ufffd": ["a\ufffd", "😀"]}
