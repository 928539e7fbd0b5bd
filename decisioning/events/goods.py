"""What an event was about: its products, with what the assortment says of them."""

from decisioning.events.imports.products import SOURCE

# One row for each product of an event ``e``: an order has a list of them, a view is
# about the one that it names. What the event itself says counts before the assortment,
# and its own source's assortment before the shop's.
GOODS = f"""
CROSS JOIN LATERAL jsonb_array_elements(
    CASE WHEN jsonb_typeof(e.properties -> 'products') = 'array'
        THEN e.properties -> 'products'
    WHEN e.properties ? 'sku' OR e.properties ? 'product_id'
        OR e.properties ? 'productId' OR e.properties ? 'category'
        THEN jsonb_build_array(e.properties) ELSE '[]' END) AS line
CROSS JOIN LATERAL (SELECT COALESCE(line ->> 'sku', line ->> 'product_id',
    line ->> 'productId') AS sku) AS named
LEFT JOIN LATERAL (
    SELECT p.name, p.category FROM decisioning_product p
    WHERE p.sku = named.sku AND p.source IN (e.source, '{SOURCE}')
    ORDER BY p.source = e.source DESC LIMIT 1) AS known ON true
CROSS JOIN LATERAL (SELECT named.sku,
    COALESCE(NULLIF(line ->> 'name', ''), known.name, '') AS name,
    COALESCE(NULLIF(line ->> 'category', ''), known.category, '') AS category) AS good
"""  # noqa: S608 - our own name
