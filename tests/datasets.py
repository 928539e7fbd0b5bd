"""Where tests find public data sets; a test that needs one skips where it is absent."""

import os
from pathlib import Path

import pytest


def dataset(relative: str) -> Path:
    """Path of a file under ATTUNE_DATA_DIR, else under shared/data by the checkout."""
    checkout = Path(__file__).resolve().parents[1]
    configured = os.environ.get("ATTUNE_DATA_DIR")
    root = Path(configured) if configured else checkout.parent / "shared" / "data"
    path = root / relative
    if not path.exists():
        pytest.skip(f"data set {relative} is absent: point ATTUNE_DATA_DIR at the data")
    return path
