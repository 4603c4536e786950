"""The bodies of imports that no model describes: the form, and the files that leave."""

from typing import Any

from customer_svc.transfers.domain import ENTITIES, HOME_ZONE, POLICIES
from shared.sheets.texts import MOST_COLUMNS

_FORM: dict[str, Any] = {"entity": "customers", "dry_run": False, "timezone": "Asia/Shanghai"}
_FORM_EXAMPLES: dict[str, Any] = {
    "en": {
        "summary": "English",
        "value": {**_FORM, "file": "name,kind,phone\nHarbour Lights Ltd,organisation,+44 20 7946 0018\n"},
    },
    "zh": {
        "summary": "中文",
        "value": {
            **_FORM,
            "file": "客户名称,类型,手机\n上海海纳百货有限公司,organisation,021-62881234\n",
            "mapping": {"name": "客户名称", "kind": "类型", "phone": "手机"},
        },
    },
}

FORM_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file", "entity"],
                "properties": {
                    "file": {
                        "type": "string",
                        "format": "binary",
                        "description": "CSV or .xlsx, at most 200 MiB",
                    },
                    "entity": {"type": "string", "enum": list(ENTITIES)},
                    "mapping": {
                        "anyOf": [
                            {
                                "type": "object",
                                "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 100},
                                "minProperties": 1,
                                "maxProperties": MOST_COLUMNS,
                            },
                            {"type": "string", "enum": ["suggested"]},
                        ],
                        "description": "Field of ours → header of the file; then only these columns are "
                        "read. `suggested`: as the headers suggest",
                        "examples": [{"name": "客户名称", "kind": "类型", "phone": "手机"}],
                    },
                    "policy": {
                        "type": "string",
                        "enum": list(POLICIES),
                        "default": "skip",
                        "description": "What becomes of customers that are there",
                    },
                    "template_id": {
                        "type": "string",
                        "format": "uuid",
                        "description": "A template for what is not said here",
                    },
                    "dry_run": {"type": "boolean", "default": False},
                    "timezone": {
                        "type": "string",
                        "maxLength": 64,
                        "default": HOME_ZONE,
                        "examples": ["Europe/London"],
                    },
                    "encoding": {
                        "type": "string",
                        "enum": ["utf-8", "gb18030"],
                        "description": "Of a CSV file; found out if it is left out",
                    },
                    "sheet": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 31,
                        "description": "Name of the worksheet; the first one that is shown if it is left out",
                        "examples": ["Sheet1"],
                    },
                },
            },
            "examples": _FORM_EXAMPLES,
            "encoding": {"mapping": {"contentType": "application/json"}},
        }
    },
}

FAULT_FILE: dict[str, Any] = {
    "schema": {"type": "string"},
    "examples": {
        "en": {
            "summary": "English",
            "value": '"line","column","field","code","kind","reason"\r\n'
            '"17","phone","phone","phone_invalid","text","is not a phone number"\r\n',
        },
        "zh": {
            "summary": "中文",
            "value": '"line","column","field","code","kind","reason"\r\n'
            '"17","手机","phone","phone_invalid","text","不是有效的电话号码"\r\n',
        },
    },
}

REFUSED_FILE: dict[str, Any] = {
    "schema": {"type": "string"},
    "examples": {
        "en": {
            "summary": "English",
            "value": '"name","kind","phone","import_errors"\r\n'
            '"Harbour Lights Ltd","organisation","n/a","phone: is not a phone number"\r\n',
        },
        "zh": {
            "summary": "中文",
            "value": '"客户名称","类型","手机","导入错误"\r\n'
            '"上海海纳百货有限公司","organisation","无","手机：不是有效的电话号码"\r\n',
        },
    },
}

WORKBOOK_FILE: dict[str, Any] = {
    "schema": {"type": "string", "format": "binary"},
    "examples": {"workbook": {"summary": "A zip file", "value": "PK"}},
}
