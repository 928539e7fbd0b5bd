from tests.factories.intake import (  # noqa: F401 - fixtures, found by name
    answers,
    cast,
    clients,
    draft,
    in_review,
    ready,
    running,
    shop,
)
