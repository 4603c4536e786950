"""The files of exports as the documents show them."""

from typing import Any

from customer_svc.transfers.documented import WORKBOOK_FILE
from shared.sheets.booking import XLSX

FILES: dict[str, Any] = {
    "text/csv": {
        "schema": {"type": "string"},
        "examples": {
            "en": {
                "summary": "English",
                "value": '"code","name","phone"\n"C-1","Harbour Lights Ltd","\'+442079460018"\n',
            },
            "zh": {
                "summary": "中文",
                "value": '"code","name","phone"\n"C-1","上海海纳百货有限公司","\'+862162881234"\n',
            },
        },
    },
    XLSX: WORKBOOK_FILE,
}
