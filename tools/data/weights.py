"""Estimate the weights of `customer_svc/duplicates/domain.py` from invented pairs, and print them.

python -m tools.data.weights
"""

import math
from collections import Counter
from itertools import chain

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from tools.bench.doubles import invented
from tools.bench.parts.duplicates import TUNED_ON, of_one_customer

from customer_svc.customers.keys import keys_of
from customer_svc.customers.profiles import Profile
from customer_svc.duplicates.comparing import Agreement, agreements
from customer_svc.duplicates.jobs import MOST_IN_BLOCK

RECORDS = 100_000
STRENGTH = 0.3
"""How far the weights may grow where few pairs tell: the smaller, the less."""
Pair = tuple[int, int]


def main() -> None:
    records = list(invented(RECORDS, TUNED_ON))
    profiles = [Profile.of(each.fields) for each in records]
    sounds = Counter(each.sound for each in profiles)
    truth = set(of_one_customer(records))
    pairs = sorted(sharing(profiles))
    for persons in (False, True):
        chosen = [pair for pair in pairs if persons == all(profiles[each].kind == "person" for each in pair)]
        told = [
            dict.fromkeys(agreements(profiles[one], profiles[other], sounds[profiles[one].sound]), 1)
            for one, other in chosen
        ]
        print("persons" if persons else "organisations")
        for agreement, bits in estimated(told, [pair in truth for pair in chosen]):
            print(f"  {agreement:<24} {bits:6.1f}")


def sharing(profiles: list[Profile]) -> set[Pair]:
    """The pairs that share a key of which there are not too many."""
    blocks: dict[int, list[int]] = {}
    for place, profile in enumerate(profiles):
        for key in keys_of(profile, None, bytes(32)).all():
            blocks.setdefault(key, []).append(place)
    small = (places for places in blocks.values() if len(places) <= MOST_IN_BLOCK)
    return set(chain.from_iterable(_pairs(places) for places in small))


def _pairs(places: list[int]) -> list[Pair]:
    return [(one, other) for at, one in enumerate(places) for other in places[at + 1 :]]


def estimated(told: list[dict[Agreement, int]], same: list[bool]) -> list[tuple[str, float]]:
    """Bits for each agreement, and those that are there before anything is compared."""
    named = [{f"{name} {level}": 1 for name, level in each} for each in told]
    shape = DictVectorizer()
    model = LogisticRegression(C=STRENGTH, max_iter=3000).fit(shape.fit_transform(named), same)
    found = zip(shape.get_feature_names_out(), model.coef_[0], strict=True)
    prior = ("(prior)", float(model.intercept_[0]) / math.log(2))
    return [prior, *((str(name), float(weight) / math.log(2)) for name, weight in found)]


if __name__ == "__main__":
    main()
