"""Regions against the register, and against what an address says."""

from functools import cache, lru_cache

from customer_svc.cleansing.addresses import names_of_regions, region_of
from customer_svc.regions import enclosing
from shared.searching.characters import plain


@cache
def _register() -> frozenset[str]:
    """All codes that stand in the register, and those around them."""
    return frozenset(around for code in names_of_regions() for around in enclosing(code))


def known_region(region: str) -> bool:
    """Whether a region is in the register, or is said in words."""
    return not region.isdigit() or region in _register()


def contradict(region: str, address: str) -> bool:
    """Whether the address begins with the name of a region that is not this one, nor around or within it."""
    said, read = _meant(region), _read(address)
    if said is None or read is None:
        return False
    one, other = _significant(said), _significant(read)
    return not (one.startswith(other) or other.startswith(one))


def _meant(region: str) -> str | None:
    if region.isdigit():
        return region if region in _register() else None
    return _read(region)


@lru_cache(maxsize=4096)
def _read(text: str) -> str | None:
    return region_of(plain(text))


def _significant(code: str) -> str:
    """The digits of the level that is meant: 31 of 310000, 3101 of 310100."""
    return code[:2] if code[2:] == "0000" else code[:4] if code[4:] == "00" else code
