from console.management.importing import TableCommand
from decisioning.engine.tables import import_experiment


class Command(TableCommand):
    help = "Load a finished experiment from any table by a saved column mapping."
    work = staticmethod(import_experiment)
