"""The table of S3 clients is of a run in which everything worked."""

import pytest

from pachlite.cli.s3_snippets import CLIENTS
from tools.generate import ROOT

PAGE = (ROOT / "docs/reference/s3-clients.md").read_text()
TITLES = {each.title for each in CLIENTS.values()} - {"AWS command line", "Spark, Hadoop S3A"} | {
    "AWS command line, version 1",
    "AWS command line, version 2",
    "AWS SDK for Java",
    "AWS SDK for JavaScript",
    "Hadoop S3A, as under Spark",
    "MinIO SDK for Go",
}


@pytest.mark.parametrize("title", sorted(TITLES))
def test_client_worked_over_http_and_https(title):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {title} |"))
    assert row.split(" | ")[-2:] == ["✓", "✓ |"]


def test_no_client_failed():
    assert "fails" not in PAGE
