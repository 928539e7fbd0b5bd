from console.management.importing import TableCommand
from decisioning.engine.lists import import_products


class Command(TableCommand):
    help = "Load the products that are sold from any CSV by a saved column mapping."
    work = staticmethod(import_products)
