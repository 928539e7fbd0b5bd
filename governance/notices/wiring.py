"""What is told by letter as it happens."""

from governance.notices import writing
from governance.signoffs.hooks import on_sent_back
from governance.usecases.hooks import on_submitted


def connect() -> None:
    on_submitted(writing.review_asked)
    on_sent_back(writing.sent_back)
