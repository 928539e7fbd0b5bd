from console.management.importing import TableCommand
from decisioning.engine.tables import import_events


class Command(TableCommand):
    help = "Load events from any CSV by a saved column mapping."
    work = staticmethod(import_events)
