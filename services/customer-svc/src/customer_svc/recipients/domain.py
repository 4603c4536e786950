"""A birthday as one text, by which it is found."""


def birthday_key(calendar: str, month: int, day: int, *, leap: bool) -> str:
    """What the database's function of this name makes of such a birthday."""
    return f"{calendar}:{month}:{day}:{'true' if leap else 'false'}"
