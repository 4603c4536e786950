"""The core of a company's name: what is left when its place, its legal form and its branch are gone."""

import re
from functools import lru_cache

from customer_svc.cleansing.addresses import without_region
from shared.searching.characters import IDEOGRAPHS

_FORMS = (
    r"(?:\(?集团\)?)?(?:股份|控股)?有限(?:责任)?公司",
    "(?:集团|股份|控股)?(?:总)?公司",
    r"\(?集团\)?",
    "合伙企业|个人独资企业|个体工商户",
)
_BRANCHES = (
    "分公司|子公司|分店|分部|分厂|分校|分行|支行|办事处|代表处",
    "营业部|经营部|门市部|直营店|旗舰店|专卖店",
)
_FORM, _BRANCH = (f"(?:{'|'.join(each)})" for each in (_FORMS, _BRANCHES))
_BRANCH_OF = re.compile(rf"(?<=.){_FORM}\(?[^()]{{0,12}}{_BRANCH}\)?$")
_BRANCH_ALONE = re.compile(rf"(?:第?[一二三四五六七八九十\d]{{1,3}}号?)?{_BRANCH}$")
_FORM_AT_END = re.compile(rf"(?<=.){_FORM}$")
_ASIDE = re.compile(r"\(([^()]*)\)")
_PARTNERSHIP = re.compile(r"\((?:有限|普通|特殊普通)合伙\)")
_COUNTRY = re.compile(r"^中国(?=.{4})")
_WORD = re.compile(r"[^\W_]+")
_LATIN_FORMS = {
    *("co", "company", "corp", "corporation", "inc", "incorporated", "group", "holding", "holdings"),
    *("llc", "llp", "lp", "ltd", "limited", "plc", "pte", "pty", "pvt", "private", "sdn", "bhd", "kk"),
    *("gmbh", "ag", "kg", "kgaa", "sa", "sas", "sarl", "srl", "spa", "bv", "nv", "oy", "ab", "as", "aps"),
}
_BRANCH_WORDS = {"branch", "office", "division"}
_SHORTEST = 2


@lru_cache(maxsize=10_000)
def core(name: str) -> str:
    """The core of a plain name: 海纳百货 of 上海海纳百货有限公司北京分公司, `harbour lights` of its Ltd.

    Never empty: where nothing would be left the name stays as it is.
    """
    found = _chinese(name) if IDEOGRAPHS.search(name) else _latin(name)
    return found if len(found) >= _SHORTEST else " ".join(_WORD.findall(name)) or name


def branch(name: str) -> str:
    """Which branch a plain name says: 北京分公司 of 海纳百货有限公司北京分公司; empty if it says none."""
    name = name.replace(" ", "")
    found = _BRANCH_OF.search(name)
    if found is not None:
        return "".join(_WORD.findall(re.sub(f"^{_FORM}", "", found[0])))
    found = _BRANCH_ALONE.search(name)
    return "" if found is None else found[0]


def _chinese(name: str) -> str:
    name = _PARTNERSHIP.sub("", name.replace(" ", ""))
    name = _BRANCH_OF.sub("", name)
    name = _BRANCH_ALONE.sub("", _ASIDE.sub(_aside, name))
    name = without_region(_COUNTRY.sub("", _FORM_AT_END.sub("", name)))
    return "".join(_WORD.findall(name))


def _aside(found: re.Match[str]) -> str:
    """What stands in brackets stays unless it is a place: 海纳(上海)百货."""
    said = found[1]
    is_place = said in ("中国", "集团") or without_region(said + "XX") == "XX"
    return "" if is_place else said


def _latin(name: str) -> str:
    words = _WORD.findall(name.replace("&", " and ").replace("'", ""))
    words = words[1:] if words[:1] == ["the"] else words
    while len(words) > 1 and words[-1] in _LATIN_FORMS | _BRANCH_WORDS:
        words.pop()
    return " ".join(words)
