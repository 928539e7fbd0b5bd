"""What Kestrel & Co. sells and says: the raw tables behind the world."""

from typing import NamedTuple


class Category(NamedTuple):
    key: str
    name: str
    margin_rate: float
    noun: str


CATEGORIES = (
    Category("walking", "Walking", 0.46, "walking kit"),
    Category("camping", "Camping", 0.42, "camping gear"),
    Category("rainwear", "Rainwear", 0.48, "rainwear"),
    Category("camp-kitchen", "Camp kitchen", 0.44, "camp kitchen gear"),
    Category("baking-tools", "Baking tools", 0.50, "baking tools"),
    Category("flour", "Flour and grains", 0.36, "flour and grains"),
    Category("pantry", "Baker's pantry", 0.40, "pantry goods"),
    Category("bread", "Bread making", 0.45, "bread making"),
)
CATEGORY_KEYS = tuple(category.key for category in CATEGORIES)

PRODUCTS: dict[str, tuple[tuple[str, float], ...]] = {
    "walking": (
        ("Fellside boots", 128.0),
        ("Trail shoes", 84.0),
        ("Day pack 22 l", 58.0),
        ("Walking poles", 46.0),
        ("Merino socks", 18.0),
        ("Map case", 16.0),
        ("Wool cap", 22.0),
        ("Steel bottle", 24.0),
    ),
    "camping": (
        ("Two-person tent", 189.0),
        ("Down sleeping bag", 142.0),
        ("Folding mat", 39.0),
        ("Head torch", 32.0),
        ("Camp lantern", 36.0),
        ("Dry bag set", 27.0),
        ("Peg and line kit", 15.0),
        ("Camp chair", 49.0),
    ),
    "rainwear": (
        ("Shell jacket", 149.0),
        ("Packable anorak", 79.0),
        ("Rain trousers", 64.0),
        ("Waxed hat", 38.0),
        ("Gaiters", 29.0),
        ("Children's puddle suit", 34.0),
        ("Reproofing wash", 14.0),
    ),
    "camp-kitchen": (
        ("Gas stove", 44.0),
        ("Nesting pans", 52.0),
        ("Enamel mug pair", 18.0),
        ("Gas canister", 9.0),
        ("Camp kettle", 28.0),
        ("Folding knife", 31.0),
        ("Cool bag", 37.0),
    ),
    "baking-tools": (
        ("Stand mixer bowl", 64.0),
        ("Loaf tin", 17.0),
        ("Proving basket", 19.0),
        ("Dough scraper", 9.0),
        ("Baking steel", 72.0),
        ("Digital scale", 29.0),
        ("Pastry roller", 23.0),
        ("Cake ring set", 26.0),
    ),
    "flour": (
        ("Strong white flour 5 kg", 14.0),
        ("Wholemeal flour 5 kg", 15.0),
        ("Rye flour 2 kg", 9.0),
        ("Spelt flour 2 kg", 11.0),
        ("Porridge oats 5 kg", 16.0),
        ("Semolina 2 kg", 8.0),
        ("Seed mix 1 kg", 12.0),
    ),
    "pantry": (
        ("Dark chocolate 1 kg", 21.0),
        ("Vanilla pods", 16.0),
        ("Dried fruit box", 18.0),
        ("Ground almonds 1 kg", 17.0),
        ("Spice drawer", 34.0),
        ("Cane syrup", 8.0),
        ("Candied peel", 9.0),
    ),
    "bread": (
        ("Sourdough starter kit", 28.0),
        ("Cast-iron bread pan", 79.0),
        ("Bread lame", 12.0),
        ("Linen couche", 24.0),
        ("Dried yeast tub", 7.0),
        ("Malt powder", 9.0),
        ("Bread bin", 48.0),
        ("Baker's thermometer", 25.0),
    ),
}


class Placement(NamedTuple):
    key: str
    name: str
    channel: str
    headline: str


PLACEMENTS = (
    Placement("home.hero", "Home page hero", "web", "Good kit, good bread"),
    Placement("home.banner", "Home page banner", "web", "Returns are free for 60 days"),
    Placement("cart.next", "Beside the cart", "web", "Questions? Ask our shop team"),
    Placement("email.weekly", "Friday e-mail", "email", "News from the shop"),
    Placement("app.card", "Card in the app", "app", "Your orders, in one place"),
)
PLACEMENT_KEYS = tuple(placement.key for placement in PLACEMENTS)


class Offer(NamedTuple):
    key: str
    name: str
    topic: str
    category: str | None
    headline: str
    value: float
    priority: float
    placements: tuple[str, ...]


_EVERYWHERE = ("home.hero", "home.banner", "email.weekly", "app.card")


def _category_offers(category: Category) -> list[Offer]:
    key, name, _, noun = category
    return [
        Offer(
            f"{key}-picks",
            f"{name} picks",
            "category_picks",
            key,
            f"Our picks in {noun}",
            16.0,
            1.0,
            _EVERYWHERE,
        ),
        Offer(
            f"{key}-bundle",
            f"{name} bundle",
            "bundle",
            key,
            f"Three for two on {noun}",
            11.0,
            1.0,
            ("cart.next",),
        ),
    ]


def _offers() -> tuple[Offer, ...]:
    by_key = {category.key: category for category in CATEGORIES}
    offers = [offer for category in CATEGORIES for offer in _category_offers(category)]
    web = ("home.hero", "cart.next")
    offers += [
        Offer(
            "free-delivery",
            "Free delivery",
            "free_delivery",
            None,
            "Free delivery on your next order",
            9.0,
            1.0,
            web,
        ),
        Offer(
            "weekend-delivery",
            "Free weekend delivery",
            "free_delivery",
            None,
            "Free delivery this weekend",
            8.0,
            0.9,
            web,
        ),
    ]
    for key in ("flour", "pantry", "camp-kitchen"):
        noun = by_key[key].noun
        offers.append(
            Offer(
                f"{key}-refill",
                f"{by_key[key].name} refill reminder",
                "refill_reminder",
                key,
                f"Running low on {noun}?",
                10.0,
                1.0,
                ("home.banner", "email.weekly", "app.card"),
            )
        )
    for key in ("walking", "camping", "bread", "baking-tools"):
        noun = by_key[key].noun
        offers.append(
            Offer(
                f"{key}-guide",
                f"{by_key[key].name} guide",
                "guide",
                key,
                f"A short guide to {noun}",
                4.0,
                0.8,
                ("home.banner", "app.card"),
            )
        )
    for key in ("rainwear", "camping", "pantry", "walking"):
        noun = by_key[key].noun
        offers.append(
            Offer(
                f"{key}-clearance",
                f"{by_key[key].name} clearance mail",
                "clearance",
                key,
                f"Making room: {noun} at a lower price",
                7.0,
                1.0,
                ("email.weekly",),
            )
        )
    for key in ("rainwear", "bread"):
        noun = by_key[key].noun
        offers.append(
            Offer(
                f"{key}-new",
                f"New in {by_key[key].name.lower()}",
                "new_arrivals",
                key,
                f"New in {noun}",
                12.0,
                0.9,
                ("home.hero", "home.banner"),
            )
        )
    return tuple(offers)


OFFERS = _offers()
OFFER_INDEX = {offer.key: index for index, offer in enumerate(OFFERS)}
