"""What goes wrong when somebody writes a customer down once more."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from tools.bench import vocabulary as words
from tools.bench.misnaming import misnamed, slip

from customer_svc.cleansing.addresses import names_of_regions
from customer_svc.customers.profiles import COMPARED
from customer_svc.fields import phone_e164

Fields = dict[str, Any]
_THIN = 0.15


class Errors:
    """What goes wrong when a customer is written down once more."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._kinds: Mapping[Callable[[Fields], None], float] = {
            self._name: 50,
            self._phone: 12,
            self._email: 14,
            self._region: 10,
            self._address: 14,
            self._website: 6,
            self._birthday: 6,
        }

    def double(self, fields: Fields) -> Fields:
        """The same customer once more."""
        found = {**dict.fromkeys(COMPARED), **fields, "tax_number": None}  # a number is taken only once
        ways = [name for name in ("phone", "email") if found[name]]
        if ways and self._chance.random() < _THIN:
            reach = self._chance.choice(ways)
            found |= {
                name: None for name in ("phone", "email", "address", "website", "birthday") if name != reach
            }
            found["region"] = found["region"] if self._chance.random() < 0.5 else None  # noqa: PLR2004
        kinds, weights = zip(*self._kinds.items(), strict=True)
        count = self._chance.choices((1, 2, 3, 4), (35, 35, 20, 10))[0]
        for error in set(self._chance.choices(kinds, weights, k=count)):
            error(found)
        found["phone"] = self._dialled(found["phone"])
        return found

    def _dialled(self, phone: str | None) -> str | None:
        """The number as somebody types it, and as it is stored then."""
        if phone is None or not phone.startswith("+861"):
            return phone
        digits = phone.removeprefix("+86")
        way = self._chance.choice(
            ("{0}{1}{2}", "{0} {1} {2}", "+86 {0}-{1}-{2}", "0086{0}{1}{2}", "８６{0}{1}{2}")
        )
        raw = way.format(digits[:3], digits[3:7], digits[7:]).replace("８６", "+86")
        return phone_e164(raw) or phone

    def _phone(self, fields: Fields) -> None:
        phone = fields["phone"]
        if phone is not None:
            ways = (None, f"+86139{self._chance.randrange(10**8):08}", self._slipped_number(phone))
            fields["phone"] = self._chance.choices(ways, (45, 40, 15))[0]

    def _slipped_number(self, phone: str) -> str:
        place = self._chance.randrange(len(phone) - 5, len(phone) - 1)
        if self._chance.random() < 0.5:  # noqa: PLR2004
            return phone[:place] + phone[place + 1] + phone[place] + phone[place + 2 :]
        return phone[:place] + self._chance.choice("0123456789") + phone[place + 1 :]

    def _email(self, fields: Fields) -> None:
        email = fields["email"]
        if email is not None:
            local, _, domain = email.partition("@")
            own = (
                f"{domain.partition('.')[0]}{self._chance.randrange(1000)}" if local in words.BOXES else local
            )
            ways = (
                None,
                f"{own}@{self._chance.choice(words.MAIL_HOSTS)}",
                f"{slip(local, self._chance)}@{domain}",
            )
            fields["email"] = self._chance.choices(ways, (60, 25, 15))[0]

    def _region(self, fields: Fields) -> None:
        code = fields["region"]
        if code is None or not code.isdigit():
            fields["region"] = None
        elif self._chance.random() < 0.2:  # noqa: PLR2004
            fields["region"], fields["address"] = self._chance.choice(words.counties()), None  # it moved
        else:
            fields["region"] = self._chance.choice((None, f"{code[:2]}0000", f"{code[:4]}00"))

    def _address(self, fields: Fields) -> None:
        address, code = fields["address"], fields["region"]
        if address is None:
            return
        ways: list[str | None] = [
            None,
            address.replace("号", ""),
            address + self._chance.choice(("旁", "(近地铁)")),
        ]
        if code is not None and code in names_of_regions():
            ways.append(address.removeprefix(names_of_regions()[f"{code[:2]}0000"]))
        fields["address"] = self._chance.choice(ways)

    def _website(self, fields: Fields) -> None:
        site = fields["website"]
        if site is not None:
            bare = site.removeprefix("https://").removeprefix("www.")
            fields["website"] = self._chance.choice(
                (None, bare, f"http://www.{bare}/", f"https://{bare}/index.html")
            )

    def _birthday(self, fields: Fields) -> None:
        day = fields["birthday"]
        if day is not None:
            slipped = {**day, "day": day["day"] % 28 + 1}
            fields["birthday"] = self._chance.choices((None, slipped), (80, 20))[0]

    def _name(self, fields: Fields) -> None:
        person = fields["kind"] == "person"
        fields["name"] = misnamed(fields["name"], person=person, chance=self._chance)
