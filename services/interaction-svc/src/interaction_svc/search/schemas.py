"""How a search is asked for."""

from typing import Annotated

from pydantic import Field

from shared.http.types import Line

Search = Annotated[
    Line,
    Field(
        min_length=1,
        description=(
            "Words, all of which stand in the texts, in any order: Chinese from one character up, "
            "traditional or simplified, Latin from three letters anywhere in a word, shorter ones whole · "
            "多个词须同时出现；中文一字起，繁简与全半角通用"
        ),
        examples=["包装", "carton 包装"],
    ),
]
