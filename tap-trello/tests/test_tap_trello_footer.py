"""The footer of a comment."""

from __future__ import annotations

from datetime import timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_trello.footer import Footer, parse, render, trimmed

WHOLE = Footer("2026-03-02T10:00:00+01:00", "kari", "4711", "CRMOffice")

words = st.from_regex(r"[A-Za-z0-9_æøå-]+", fullmatch=True)
times = st.datetimes(timezones=st.just(timezone.utc)).map(lambda time: time.isoformat())
footers = st.builds(
    lambda starts, owner, record, label: Footer(starts, owner, record, record and label),
    st.none() | times,
    st.none() | words,
    st.none() | words,
    words,
).filter(lambda footer: footer != Footer())
pieces = st.sampled_from(
    [
        *("---", "***", "\n", "\r\n", "\r", "  ", "\\", "Starts: 2026-01-01T00:00:00Z"),
        *("Owner: @ola", "CRMOffice activity: 1", "X activity:", "hei", "😀", "\ufeff", "\u2028"),
    ]
)
texts = st.text() | st.lists(pieces).map("".join)


@given(texts, footers)
def test_any_text_and_any_footer_come_back_from_the_comment_that_they_make(
    text: str, footer: Footer
) -> None:
    assert parse(render(text, footer)) == (trimmed(text), footer)


@given(texts, footers)
def test_trello_trimming_the_comment_changes_nothing(text: str, footer: Footer) -> None:
    comment = render(text, footer)
    assert trimmed(comment) == comment
    assert parse(f" \n{comment}\n\n") == parse(comment)


@given(texts)
def test_reading_never_fails(text: str) -> None:
    parse(text)


def test_a_comment_looks_like_this() -> None:
    assert render("Called about the offer.", WHOLE) == (
        "Called about the offer.\n\n---\n"
        "Starts: 2026-03-02T10:00:00+01:00\nOwner: @kari\nCRMOffice activity: 4711"
    )


def test_a_footer_without_opinion_leaves_no_trace() -> None:
    assert render("Hello", Footer()) == "Hello"


def test_a_comment_of_a_footer_alone_has_an_empty_text() -> None:
    assert parse(render("", WHOLE)) == ("", WHOLE)


def test_plain_text_has_no_footer() -> None:
    assert parse(" Hello\r\nthere ") == ("Hello\nthere", None)


def test_a_rule_followed_by_other_text_is_no_footer() -> None:
    comment = "Agenda\n\n---\nStarts: 2026-01-01T00:00:00Z\nand then lunch"
    assert parse(comment) == (comment, None)


def test_text_after_the_footer_means_that_there_is_none() -> None:
    comment = render("Hello", WHOLE) + "\n\nP.S. see you"
    assert parse(comment) == (comment, None)


def test_a_sentence_about_an_activity_is_no_footer() -> None:
    comment = "Hello\n\n---\nThis activity was great"
    assert parse(comment) == (comment, None)


@pytest.mark.parametrize(
    "line", ["Starts: tomorrow", "Starts:", "starts", "Starts: 2026-01-01T10:00:00"]
)
def test_a_broken_line_has_no_opinion_and_the_others_still_count(line: str) -> None:
    text, footer = parse(f"Hello\n\n---\n{line}\nOwner: @kari\nCRMOffice activity: 4711")
    assert text == "Hello"
    assert footer == Footer(None, "kari", "4711", "CRMOffice")


def test_lines_of_which_none_can_be_read_are_text() -> None:
    comment = "Hello\n\n---\nStarts: soon\nOwner: Kari Nordmann"
    assert parse(comment) == (comment, None)


def test_what_a_markdown_editor_makes_of_a_footer_is_still_one() -> None:
    comment = (
        "Hello\n\n***\n\nStarts: 2026-03-02T10:00:00+01:00\\\nowner : @kari\n\n"
        "CRMOffice activity: 47\\_11  "
    )
    assert parse(comment) == (
        "Hello",
        Footer("2026-03-02T10:00:00+01:00", "kari", "47_11", "CRMOffice"),
    )


def test_the_first_readable_line_of_a_kind_counts() -> None:
    _, footer = parse("Hi\n\n---\nOwner: @\nOwner: @kari\nOwner: @ola")
    assert footer == Footer(owner="kari")


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_a_start_outside_all_years_is_none(start: str) -> None:
    assert parse(f"Call\n\n---\nStarts: {start}\nOwner: @kari")[1] == Footer(owner="kari")
