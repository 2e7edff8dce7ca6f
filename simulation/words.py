"""Invented names and addresses: trees for first names, minerals for last names, nothing that a person is called."""

from __future__ import annotations

_TREES = (
    "Acacia Alerce Baobab Balsa Banyan Beech Boxelder Buckeye Bunya Butternut Camphor Catalpa Chestnut Coolibah "
    "Cottonwood Cypress Dogwood Ebony Elm Eucalyptus Fir Ginkgo Gumtree Hackberry Hawthorn Hemlock Hickory Hornbeam "
    "Ironwood Jacaranda Juniper Kapok Larch Linden Locust Madrone Mahogany Mangrove Medlar Mesquite Mulberry Oak "
    "Osage Palmetto Pawpaw Pecan Pine Pinyon Plane Poplar Quince Redbud Redwood Sandalwood Sassafras Sequoia "
    "Serviceberry Spruce Sumac Sycamore Tamarack Tamarind Teak Tupelo Walnut Wattle Whitebeam Willow Wingnut Yew"
)

_MINERALS = (
    "Adamite Albite Anatase Andesine Apatite Aragonite Augite Azurite Barite Bauxite Biotite Bornite Calcite "
    "Carnallite Cassiterite Celestine Cerussite Chalcocite Chromite Cinnabar Colemanite Corundum Cryolite Cuprite "
    "Datolite Diopside Dolomite Enstatite Epidote Feldspar Ferberite Fluorite Gahnite Galena Goethite Graphite Gypsum "
    "Halite Hematite Howlite Ilmenite Jadeite Kaolinite Kyanite Labradorite Lazurite Limonite Magnetite Malachite "
    "Marcasite Microcline Millerite Muscovite Natrolite Nepheline Olivine Orthoclase Pectolite Perlite Prehnite Pyrite "
    "Quartz Rutile Scheelite Siderite Sodalite Sphalerite Spinel Stibnite Sylvite Talc Titanite Tremolite Ulexite "
    "Vanadinite Wavellite Willemite Wolframite Wollastonite Zeolite Zircon Zoisite"
)

TREES = tuple(_TREES.split())
MINERALS = tuple(_MINERALS.split())
STREET_KINDS = ("St", "Ave", "Ln", "Way", "Ct")
CITIES = ("Feldspar Flats", "Port Hornblende", "Mica Springs", "Basalt Beach", "Olivine Hills")

# Above 99950, the highest ZIP code in use.
ZIP_CODES = ("99991", "99992", "99993", "99994", "99995", "99996")
