from datetime import UTC, datetime, timedelta, timezone

import pytest

from pachlite.cli.formats import age, printable, size, timestamp

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0B"),
        (12, "12B"),
        (1023, "1023B"),
        (1024, "1KiB"),
        (1536, "1.5KiB"),
        (136_806, "133.6KiB"),
        (1 << 20, "1MiB"),
        (5 * (1 << 40), "5TiB"),
        (1 << 70, "1024EiB"),
    ],
)
def test_sizes_have_binary_units_and_four_digits(count, shown):
    assert size(count) == shown


@pytest.mark.parametrize(
    ("elapsed", "shown"),
    [
        (timedelta(seconds=-5), "Less than a second ago"),
        (timedelta(milliseconds=900), "Less than a second ago"),
        (timedelta(seconds=1.9), "1 second ago"),
        (timedelta(seconds=59), "59 seconds ago"),
        (timedelta(seconds=60), "About a minute ago"),
        (timedelta(seconds=119), "About a minute ago"),
        (timedelta(minutes=2), "2 minutes ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "About an hour ago"),
        (timedelta(hours=1, minutes=40), "2 hours ago"),
        (timedelta(hours=47), "47 hours ago"),
        (timedelta(hours=47, minutes=50), "2 days ago"),
        (timedelta(days=13), "13 days ago"),
        (timedelta(days=14), "2 weeks ago"),
        (timedelta(days=61), "2 months ago"),
        (timedelta(days=365 * 2), "2 years ago"),
    ],
)
def test_ages_are_said_as_pachctl_says_them(elapsed, shown):
    assert age(NOW - elapsed, NOW) == shown


def test_timestamps_are_utc_whatever_the_zone():
    moment = datetime(2026, 11, 22, 13, 0, 0, 120_000, tzinfo=timezone(timedelta(hours=1)))

    assert timestamp(moment) == "2026-11-22T12:00:00.12Z"
    assert timestamp(NOW) == "2026-11-22T12:00:00Z"


def test_control_characters_never_reach_the_terminal():
    assert printable("plain ünïcode.txt") == "plain ünïcode.txt"
    assert printable("a\x1b[31mb\nc") == "a\\x1b[31mb\\nc"
