"""Make cleansing/data/readings.tsv and phrases.tsv from pypinyin.

python -m tools.data.readings
"""

from collections import defaultdict
from functools import cache
from pathlib import Path

from pypinyin.constants import PHRASES_DICT, PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal
from tools.bootstrap import ROOT

PLACE = ROOT / "services/customer-svc/src/customer_svc/cleansing/data"
LONGEST = 4

Readings = dict[str, str]
Phrases = dict[str, list[str]]


def main() -> None:
    usual = readings()
    grouped = defaultdict(list)
    for character, syllable in sorted(usual.items()):
        grouped[syllable].append(character)
    _write(PLACE / "readings.tsv", {syllable: "".join(each) for syllable, each in grouped.items()})
    _write(PLACE / "phrases.tsv", {phrase: " ".join(each) for phrase, each in phrases(usual).items()})


def readings() -> Readings:
    """The first, that is the most frequent reading of each character."""
    return {chr(code): _plain(all_.split(",")[0]) for code, all_ in PINYIN_DICT.items()}


def phrases(usual: Readings) -> Phrases:
    """Words of up to four characters that neither their characters nor shorter words say how to read."""
    found: Phrases = {}
    for phrase in sorted(PHRASES_DICT, key=lambda each: (len(each), each)):
        syllables = [_plain(each[0]) for each in PHRASES_DICT[phrase]]
        if len(phrase) == len(syllables) <= LONGEST and _read(phrase, found, usual) != syllables:
            found[phrase] = syllables
    return found


def _read(phrase: str, known: Phrases, usual: Readings) -> list[str]:
    found: list[str] = []
    while phrase:
        lengths = range(min(LONGEST, len(phrase)), 1, -1)
        length = next((each for each in lengths if phrase[:each] in known), 1)
        found += known.get(phrase[:length], [usual.get(phrase[0], "")])
        phrase = phrase[length:]
    return found


@cache
def _plain(syllable: str) -> str:
    """Without its tone; ü as v, as it is typed."""
    found: str = to_normal(syllable)
    return found


def _write(path: Path, rows: dict[str, str]) -> None:
    path.write_text("".join(f"{key}\t{value}\n" for key, value in rows.items()), "utf-8")


if __name__ == "__main__":
    main()
