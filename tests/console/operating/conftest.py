from tests.factories.doors import cast, clients

__all__ = ["cast", "clients"]
