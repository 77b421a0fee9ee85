"""The rows of the table ``camps``: an apostrophe, an emoji, missing values."""

from datetime import UTC, datetime

CAMPS = [
    (1, "Mara Bridge", datetime(2024, 1, 1, 6, tzinfo=UTC), 12.5, True, "SRID=4326;POINT(35.1 -1.4)"),
    (
        2,
        "O'Brien; DROP TABLE camps; --",
        datetime(2024, 1, 2, 6, tzinfo=UTC),
        None,
        False,
        "SRID=4326;POINT(35.2 -1.5)",
    ),
    (3, "Ngutuni 🐘", datetime(2024, 1, 3, 21, tzinfo=UTC), 7.25, None, None),
]
