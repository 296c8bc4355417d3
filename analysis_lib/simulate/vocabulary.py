"""The words and tables that the demo shop is made of: categories, brands, places, names.

The department and category names are theLook's; brands, products and people are invented.
"""

from __future__ import annotations

from typing import NamedTuple


class Category(NamedTuple):
    """One category: departments, price, cost share, demand and behaviour."""

    name: str
    departments: str
    median_price: float
    cost_share: float
    demand: float
    cart_factor: float
    return_rate: float
    cancel_rate: float
    season: str
    multiple_units: float


CATEGORIES = (
    Category("Accessories", "WM", 24, 0.38, 1.5, 1.1, 0.04, 0.045, "gift", 0.06),
    Category("Active", "WM", 44, 0.44, 1.3, 1.05, 0.09, 0.055, "all", 0.05),
    Category("Blazers & Jackets", "W", 88, 0.42, 0.6, 0.92, 0.14, 0.065, "all", 0.0),
    Category("Clothing Sets", "W", 72, 0.46, 0.3, 0.95, 0.12, 0.055, "all", 0.0),
    Category("Dresses", "W", 69, 0.43, 1.6, 0.94, 0.19, 0.065, "summer", 0.0),
    Category("Fashion Hoodies & Sweatshirts", "WM", 49, 0.45, 1.3, 1.04, 0.08, 0.055, "winter", 0.02),
    Category("Intimates", "W", 28, 0.42, 1.4, 1.08, 0.07, 0.045, "all", 0.18),
    Category("Jeans", "WM", 74, 0.45, 1.6, 0.97, 0.15, 0.055, "all", 0.02),
    Category("Jumpsuits & Rompers", "W", 58, 0.44, 0.4, 0.93, 0.16, 0.065, "summer", 0.0),
    Category("Leggings", "W", 26, 0.4, 0.8, 1.12, 0.06, 0.045, "winter", 0.12),
    Category("Maternity", "W", 46, 0.45, 0.4, 1.0, 0.1, 0.055, "all", 0.04),
    Category("Outerwear & Coats", "WM", 128, 0.44, 1.1, 0.88, 0.13, 0.075, "winter", 0.0),
    Category("Pants", "M", 62, 0.45, 1.1, 0.98, 0.12, 0.055, "all", 0.03),
    Category("Pants & Capris", "W", 56, 0.45, 0.9, 0.98, 0.13, 0.055, "all", 0.02),
    Category("Plus", "W", 48, 0.44, 0.7, 1.0, 0.13, 0.055, "all", 0.02),
    Category("Shorts", "WM", 38, 0.44, 0.9, 1.03, 0.08, 0.045, "summer", 0.04),
    Category("Skirts", "W", 44, 0.43, 0.6, 0.97, 0.12, 0.055, "summer", 0.0),
    Category("Sleep & Lounge", "WM", 42, 0.43, 1.0, 1.04, 0.05, 0.045, "gift", 0.05),
    Category("Socks", "M", 13, 0.36, 0.9, 1.18, 0.02, 0.035, "gift", 0.3),
    Category("Socks & Hosiery", "W", 14, 0.36, 0.8, 1.16, 0.02, 0.035, "winter", 0.28),
    Category("Suits", "W", 118, 0.46, 0.3, 0.86, 0.15, 0.075, "all", 0.0),
    Category("Suits & Sport Coats", "M", 148, 0.43, 0.6, 0.85, 0.14, 0.075, "all", 0.0),
    Category("Sweaters", "WM", 64, 0.45, 1.3, 0.99, 0.1, 0.055, "winter", 0.01),
    Category("Swim", "WM", 46, 0.42, 0.8, 0.99, 0.14, 0.055, "summer", 0.02),
    Category("Tops & Tees", "WM", 32, 0.44, 2.2, 1.08, 0.09, 0.045, "summer", 0.07),
    Category("Underwear", "M", 26, 0.4, 1.0, 1.14, 0.03, 0.035, "gift", 0.24),
)

# What the products of a category are called.
NOUNS = {
    "Accessories": "Belt,Scarf,Cap,Tote,Gloves",
    "Active": "Training Tee,Track Jacket,Running Top,Sports Tank",
    "Blazers & Jackets": "Blazer,Cropped Jacket,Bolero,Boucle Jacket",
    "Clothing Sets": "Two-Piece Set,Knit Set,Lounge Set",
    "Dresses": "Wrap Dress,Midi Dress,Shirt Dress,Shift Dress,Maxi Dress",
    "Fashion Hoodies & Sweatshirts": "Hoodie,Zip Hoodie,Sweatshirt,Half-Zip",
    "Intimates": "Bralette,Soft Bra,Brief Pack,Slip,Camisole",
    "Jeans": "Straight Jeans,Slim Jeans,Tapered Jeans,Wide Jeans",
    "Jumpsuits & Rompers": "Jumpsuit,Romper,Playsuit",
    "Leggings": "Leggings,Ribbed Leggings,High-Rise Leggings",
    "Maternity": "Nursing Top,Maternity Tunic,Bump Jeans",
    "Outerwear & Coats": "Parka,Rain Coat,Wool Coat,Down Jacket,Trench",
    "Pants": "Chino,Pleated Trouser,Cargo Pant,Cord Trouser",
    "Pants & Capris": "Capri,Wide Trouser,Ankle Pant,Culotte",
    "Plus": "Curve Tunic,Curve Blouse,Curve Cardigan",
    "Shorts": "Chino Short,Denim Short,Jersey Short,Linen Short",
    "Skirts": "Pleated Skirt,Pencil Skirt,Denim Skirt,Wrap Skirt",
    "Sleep & Lounge": "Pyjama Set,Robe,Lounge Pant,Night Shirt",
    "Socks": "Crew Socks,Ankle Socks,Boot Socks",
    "Socks & Hosiery": "Ribbed Socks,Tights,Knee Socks",
    "Suits": "Trouser Suit,Skirt Suit",
    "Suits & Sport Coats": "Sport Coat,Two-Button Suit,Linen Suit,Waistcoat",
    "Sweaters": "Crew Sweater,Cardigan,Turtleneck,Cable Knit",
    "Swim": "Swim Short,Swimsuit,Rash Guard,Boardshort",
    "Tops & Tees": "Tee,Polo,Blouse,Henley,Linen Shirt",
    "Underwear": "Boxer Brief,Trunk Pack,Undershirt",
}

SEASONS = {
    "all": (1.0,) * 12,
    "summer": (0.5, 0.6, 0.9, 1.2, 1.5, 1.6, 1.5, 1.1, 0.8, 0.6, 0.5, 0.5),
    "winter": (1.4, 1.1, 0.9, 0.7, 0.5, 0.4, 0.4, 0.7, 1.1, 1.4, 1.6, 1.5),
    "gift": (0.8, 0.9, 0.8, 0.9, 1.0, 0.9, 0.8, 0.8, 0.9, 1.0, 1.4, 1.9),
}

BRANDS = (
    "Aldermoor", "Amberline", "Ashgrove & Finch", "Birkdal", "Bluefold", "Brackwater", "Calderstone",
    "Canvas & Clay", "Cinderhill", "Copperfen", "Corrie Lane", "Dalewright", "Driftmark", "Eastrow",
    "Elmsworth", "Fairholt", "Fenwick Yard", "Fernlight", "Goldcrag", "Greywillow", "Halden Works",
    "Harrowby", "Hazelmere Co", "Inkwell", "Ironbark", "Juniper Row", "Kestrelby", "Kilnmark",
    "Larkfield", "Linden & Moss", "Lowtide", "Maplethorn", "Marrowby", "Meadowcut", "Millrace",
    "Moorhaven", "Nettlefold", "Northfell", "Oakhaven", "Oddney", "Orchard Nine", "Palemoon",
    "Pinnacle Row", "Quillon", "Ravenside", "Redcliff Mill", "Rookery", "Saltbridge", "Sablewood",
    "Sandhurst Lane", "Silverfen", "Stonemere", "Tallowfield", "Thistledown", "Umberley",
    "Vellum & Thread", "Wavecrest", "Westering", "Wildhollow", "Wrenfield",
)  # fmt: skip
CUTS = "Classic,Relaxed,Slim,Everyday,Soft,Heritage,Light,Essential,Tailored,Oversized"
MATERIALS = "Cotton,Linen,Merino,Jersey,Twill,Organic Cotton,Modal,Fleece,Denim,Recycled"
COLOURS = "Navy,Charcoal,Sand,Olive,Rust,Ivory,Black,Sky,Plum,Forest"

# City, state, country, postal code, latitude, longitude, share.
PLACES = (
    ("New York", "New York", "United States", "10014", 40.73, -74.01, 6.0),
    ("Los Angeles", "California", "United States", "90026", 34.08, -118.26, 5.0),
    ("Chicago", "Illinois", "United States", "60614", 41.92, -87.65, 4.0),
    ("Houston", "Texas", "United States", "77007", 29.77, -95.41, 3.5),
    ("Phoenix", "Arizona", "United States", "85016", 33.51, -112.03, 2.0),
    ("Philadelphia", "Pennsylvania", "United States", "19125", 39.98, -75.13, 2.5),
    ("Seattle", "Washington", "United States", "98103", 47.67, -122.34, 2.5),
    ("Denver", "Colorado", "United States", "80205", 39.76, -104.96, 2.0),
    ("Atlanta", "Georgia", "United States", "30307", 33.77, -84.34, 2.5),
    ("Miami", "Florida", "United States", "33127", 25.81, -80.21, 2.5),
    ("Boston", "Massachusetts", "United States", "02118", 42.34, -71.07, 2.0),
    ("Minneapolis", "Minnesota", "United States", "55408", 44.95, -93.29, 1.5),
    ("London", "England", "United Kingdom", "E8", 51.54, -0.06, 7.0),
    ("Manchester", "England", "United Kingdom", "M4", 53.48, -2.23, 2.5),
    ("Glasgow", "Scotland", "United Kingdom", "G11", 55.87, -4.31, 1.5),
    ("Berlin", "Berlin", "Germany", "10405", 52.53, 13.43, 4.0),
    ("Hamburg", "Hamburg", "Germany", "20259", 53.57, 9.95, 2.5),
    ("Munich", "Bavaria", "Germany", "80469", 48.13, 11.57, 2.5),
    ("Cologne", "North Rhine-Westphalia", "Germany", "50672", 50.94, 6.94, 2.0),
    ("Paris", "Île-de-France", "France", "75011", 48.86, 2.38, 4.0),
    ("Lyon", "Auvergne-Rhône-Alpes", "France", "69007", 45.74, 4.84, 1.5),
    ("Lille", "Hauts-de-France", "France", "59000", 50.63, 3.06, 1.0),
    ("Madrid", "Comunidad de Madrid", "Spain", "28012", 40.41, -3.70, 2.5),
    ("Valencia", "Comunidad Valenciana", "Spain", "46006", 39.46, -0.37, 1.5),
    ("São Paulo", "São Paulo", "Brasil", "01310-100", -23.56, -46.65, 4.0),
    ("Curitiba", "Paraná", "Brasil", "80010-000", -25.43, -49.27, 1.5),
    ("Tokyo", "Tokyo", "Japan", "150-0001", 35.67, 139.70, 2.5),
    ("Osaka", "Osaka", "Japan", "530-0001", 34.70, 135.49, 1.0),
    ("Seoul", "Seoul", "South Korea", "04524", 37.56, 126.98, 2.5),
    ("Sydney", "New South Wales", "Australia", "2010", -33.88, 151.22, 2.5),
    ("Melbourne", "Victoria", "Australia", "3065", -37.80, 144.98, 2.0),
    ("Brussels", "Brussels-Capital", "Belgium", "1050", 50.83, 4.37, 1.0),
    ("Warsaw", "Mazowieckie", "Poland", "00-001", 52.23, 21.01, 1.0),
    ("Toronto", "Ontario", "Canada", "M6J", 43.65, -79.42, 2.5),
)

CENTERS = (
    ("Reno NV", 39.53, -119.81),
    ("Columbus OH", 39.96, -83.0),
    ("Dallas TX", 32.78, -96.8),
    ("Newark NJ", 40.74, -74.17),
    ("Tampa FL", 27.95, -82.46),
    ("Louisville KY", 38.25, -85.76),
    ("Oakland CA", 37.8, -122.27),
    ("Norfolk VA", 36.85, -76.29),
    ("Salt Lake City UT", 40.76, -111.89),
    ("Rotterdam NL", 51.92, 4.48),
)

FIRST_NAMES = (
    "Anna Beatriz Carla Chloe Dana Elena Emma Fatima Grace Hana Ines Isla Julia Karin Laura Lena "
    "Maria Mei Mina Nadia Nora Olivia Paula Priya Rosa Sara Sofia Tess Vera Yuki",
    "Adam Ahmed Ben Bruno Carlos Daniel David Diego Elias Finn George Hugo Ivan Jack Jonas Kenji "
    "Leo Liam Louis Lukas Marco Mateo Max Noah Oscar Paul Rafael Samuel Tom Victor",
)
LAST_NAMES = (
    "Abel Almeida Baker Bauer Becker Bennett Costa Dubois Ellis Evans Fischer Foster Garcia Gomez "
    "Harris Hoffmann Hughes Ito Jansen Keller Kim Kowalski Lambert Lee Lopez Martin Meyer Moreau Mori "
    "Murphy Navarro Nowak Oliveira Park Perez Peters Reed Ribeiro Rossi Sato Schmidt Silva Smith "
    "Tanaka Taylor Turner Wagner Walsh Weber Wood"
)
STREETS = (
    "Alder Street,Bridge Road,Canal Walk,Church Lane,Garden Avenue,Harbour Row,Hill Street,"
    "Market Square,Mill Lane,Orchard Way,Park Avenue,River Road,Station Street,Willow Close"
)
