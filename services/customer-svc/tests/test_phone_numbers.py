"""Phone numbers become E.164, those at home by a short cut that agrees with the library."""

from random import Random

import phonenumbers
import pytest

from customer_svc.fields import phone_e164


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("13812345671", "+8613812345671"),
        ("+8613812345671", "+8613812345671"),
        ("138 1234 5671", "+8613812345671"),
        ("１３８１２３４５６７１", "+8613812345671"),
        ("١٣٨١٢٣٤٥٦٧١", "+8613812345671"),
        ("021-62881234", "+862162881234"),
        ("+44 20 7946 0018", "+442079460018"),
        ("11112345678", None),
        ("138123456712", None),
        ("1381234567a", None),
    ],
)
def test_a_number_is_read_as_it_is_dialled(raw, number):
    assert phone_e164(raw) == number


def test_the_short_cut_for_mobile_numbers_agrees_with_the_library():
    chance = Random(1)
    for _ in range(1000):
        raw = f"{chance.choice(('', '+86'))}1{chance.randrange(10**10):010}"
        parsed = phonenumbers.parse(raw, "CN")
        assert (phone_e164(raw) is not None) == phonenumbers.is_valid_number(parsed), raw
