"""The page behind an unsubscribe link: both languages, one button, no script, nothing from elsewhere."""

from html import escape

from fastapi.responses import HTMLResponse

from notify_svc.messages.leaving import KINDS, SAID, Leaving
from shared.problems import Problem

_STYLE = (
    "body{font:16px/1.6 -apple-system,'PingFang SC','Microsoft YaHei','Segoe UI',sans-serif;margin:0;"
    "background:#f3f5f7;color:#1f2933}main{max-width:30rem;margin:12vh auto;padding:2rem;background:#fff;"
    "border-radius:10px}h1{font-size:1.3rem;margin:0 0 1rem}button{font:inherit;font-weight:600;border:0;"
    "border-radius:6px;padding:.8rem 1.6rem;background:#0b6e4f;color:#fff;min-height:48px}"
    "p{margin:.5rem 0}.en{color:#52606d}"
)
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}


def _page(title_zh: str, title_en: str, body: str, status: int = 200) -> HTMLResponse:
    html = (
        '<!doctype html><html lang="zh"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title_zh} · {title_en}</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>{title_zh}<br><span class="en" lang="en">{title_en}</span></h1>{body}</main></body></html>'
    )
    return HTMLResponse(html, status_code=status, headers=HEADERS)


def asked(leaving: Leaving) -> HTMLResponse:
    """Ask once more; looking at it changes nothing, since programs open links, too."""
    kind_zh, kind_en = KINDS[leaving.purpose]
    channel_zh, channel_en = SAID.get(leaving.channel, SAID["webhook"])  # type: ignore[call-overload]
    body = (
        f"<p>确认后，我们将不再通过{channel_zh}向您发送{kind_zh}。</p>"
        f'<p class="en" lang="en">We will send you no more {kind_en} by {channel_en}.</p>'
        '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
        "<p><button>退订 · Unsubscribe</button></p></form>"
    )
    return _page("退订", "Unsubscribe", body)


def done() -> HTMLResponse:
    """It is done, also the second time."""
    body = '<p>我们已记录您的选择。</p><p class="en" lang="en">We have noted it.</p>'
    return _page("已退订", "You are unsubscribed", body)


def refused(problem: Problem) -> HTMLResponse:
    """The link is not ours, or over."""
    body = f'<p>{escape(problem.zh)}</p><p class="en" lang="en">{escape(problem.en)}</p>'
    return _page("无法退订", "This does not work", body, problem.status)
