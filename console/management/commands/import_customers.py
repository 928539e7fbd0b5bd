from console.management.importing import TableCommand
from decisioning.engine.tables import import_customers


class Command(TableCommand):
    help = "Load customers from any CSV by a saved column mapping."
    work = staticmethod(import_customers)
