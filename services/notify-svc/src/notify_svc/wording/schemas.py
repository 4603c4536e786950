"""The language in which a caller reads."""

from typing import Annotated

from fastapi import Depends, Request

from notify_svc.wording.domain import Language
from shared.http.errors import chinese


async def _language(request: Request) -> Language:
    return "zh" if chinese(request.headers.get("accept-language")) else "en"


ReadingLanguage = Annotated[Language, Depends(_language)]
