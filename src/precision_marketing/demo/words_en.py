"""English text of the demo shop, written for it."""

CATEGORIES = {
    "Coffee & Tea": (
        "Coffee Beans", "Green Tea", "Herbal Tea", "Tea Strainer", "Moka Pot",
        "Milk Frother", "Teapot", "Coffee Filter", "Hand Grinder", "Travel Mug",
    ),
    "Kitchen": (
        "Chef Knife", "Cutting Board", "Mixing Bowl", "Frying Pan", "Whisk",
        "Baking Tray", "Salt Mill", "Apron", "Storage Jar", "Peeler",
    ),
    "Home Decor": (
        "Candle", "Vase", "Picture Frame", "Wall Clock", "Cushion",
        "Throw Blanket", "Table Lamp", "Wall Hook", "Mirror", "Rug",
    ),
    "Garden": (
        "Plant Pot", "Watering Can", "Seed Box", "Garden Gloves", "Hand Trowel",
        "Bird Feeder", "Herb Planter", "Pruning Shears", "Lantern", "Hose Reel",
    ),
    "Stationery": (
        "Notebook", "Fountain Pen", "Pencil Set", "Desk Pad", "Sticky Notes",
        "Wall Calendar", "Letter Tray", "Ink Bottle", "Washi Tape", "Ring Binder",
    ),
    "Toys & Games": (
        "Wooden Puzzle", "Card Game", "Building Blocks", "Plush Bear", "Kite",
        "Marble Run", "Dice Set", "Finger Puppets", "Spinning Top", "Paint Set",
    ),
    "Bath & Body": (
        "Hand Soap", "Bath Towel", "Body Lotion", "Bath Salts", "Hair Brush",
        "Face Cloth", "Lip Balm", "Hand Cream", "Shower Mat", "Soap Dish",
    ),
    "Clothing": (
        "Wool Scarf", "Cotton Socks", "Linen Shirt", "Knit Hat", "Leather Belt",
        "Rain Jacket", "Canvas Bag", "Slippers", "Gloves", "Sweater",
    ),
    "Sports": (
        "Yoga Mat", "Water Bottle", "Skipping Rope", "Foam Roller", "Hand Weights",
        "Gym Bag", "Head Torch", "Cycling Cap", "Swim Goggles", "Tennis Balls",
    ),
    "Pets": (
        "Dog Lead", "Cat Bed", "Food Bowl", "Chew Toy", "Scratching Post",
        "Pet Brush", "Treat Jar", "Bird Swing", "Travel Crate", "Dog Coat",
    ),
}  # fmt: skip

# One style a line of an item within its category and price tier.
BUDGET_STYLES = (
    "Everyday", "Simple", "Basic", "Compact", "Classic",
    "Light", "Plain", "Handy", "Small", "Daily",
)  # fmt: skip
PREMIUM_STYLES = (
    "Handmade", "Reserve", "Artisan", "Signature", "Deluxe",
    "Heritage", "Studio", "Fine", "Grand", "Limited",
)  # fmt: skip

NAME = "{style} {noun}"
NAME_NUMBERED = "{style} {noun} No. {number}"
NAME_VARIANT = "{name} (new pack)"
DESCRIPTION = "{name} from our {category} range. {tier}"
TIER_TEXTS = ("Good value for every day.", "Made with care, in small batches.")
BRANDS = (
    "Brand A", "Brand B", "Brand C", "Brand D",
    "Brand E", "Brand F", "Brand G", "Brand H",
)  # fmt: skip
COUNTRIES = ("United Kingdom", "Germany", "France", "Spain")
REGIONS = ("North", "South", "East", "West", "Central")
GENDERS = ("female", "male", "other")

SERVICE_NAMES = {
    "POST": "Postage", "DOT": "Web postage", "M": "Manual", "D": "Discount",
    "C2": "Carriage", "BANK CHARGES": "Bank charges", "S": "Samples",
    "AMAZONFEE": "Marketplace fee", "CRUK": "Charity commission",
    "gift_0001_20": "Gift voucher 20", "post": "Postage by hand",
}  # fmt: skip
WRITE_OFF_NAMES = ("damaged", "lost", "wet, thrown away", "stock check")
ADJUSTMENT_NAME = "Adjust bad debt"

# Text that is no date, no whole number and no price.
BAD_DATES = ("not a date", "2024-13-45", "unknown", "31.02.2025 ??", "soon")
BAD_QUANTITIES = ("3 pcs", "two", "1-2", "5x", "?")
BAD_PRICES = ("n/a", "12,50 EUR", "free", "EUR 9", "--")
BAD_BIRTH_DATES = ("unknown", "19.85.1900", "n/a", "forty", "1985-02-31")

SEARCH_CAMPAIGN = "{channel}_{year}q{quarter}"

REVIEW_TITLES = {
    "positive": ("Love it", "Great buy", "Would order again", "Very happy"),
    "neutral": ("It is fine", "As expected", "Average", "Okay"),
    "negative": ("Disappointed", "Not for me", "Poor quality", "Sent it back"),
}
REVIEW_OPENINGS = {
    "positive": (
        "The {item} is wonderful", "I am delighted with the {item}",
        "Excellent {item}, better than I hoped", "What a lovely {item}",
        "The {item} works perfectly",
    ),
    "neutral": (
        "The {item} arrived on Tuesday", "I bought the {item} as a spare",
        "The {item} is as described", "The {item} does what it should",
        "We have used the {item} for two weeks",
    ),
    "negative": (
        "The {item} is a disappointment", "I regret buying the {item}",
        "The {item} broke after three days", "The {item} feels cheap and flimsy",
        "Terrible {item}, worse than the old one",
    ),
}  # fmt: skip
REVIEW_CLOSINGS = {
    "positive": (
        "great quality and fast delivery.", "I recommend it to everyone.",
        "my family loves it.", "worth every penny.", "I will gladly buy it again.",
    ),
    "neutral": (
        "nothing special, nothing wrong.", "the size is medium.",
        "it comes in a brown box.", "the price is about average.",
        "I have no strong opinion.",
    ),
    "negative": (
        "poor quality and slow delivery.", "I want my money back.",
        "do not waste your money.", "it arrived damaged and dirty.",
        "I will not buy it again.",
    ),
}  # fmt: skip
REVIEW_JOIN = "{opening}, {closing}"
