"""The pictures in the documents that follow from the code: python -m tools.drawing draws them anew."""

from collections import defaultdict
from pathlib import Path

from tools.bootstrap import ROOT

from interaction_svc.complaints.transitions import TRANSITIONS

COMPLAINTS = Path("docs/complaints.md")
_BEGIN, _END = "```mermaid\n", "```\n"


def complaints() -> str:
    """The course of a complaint as a Mermaid state diagram; what does not move it stands in a note."""
    moves: dict[tuple[str, str], list[str]] = defaultdict(list)
    staying: dict[str, list[str]] = defaultdict(list)
    for each in TRANSITIONS:
        if each.source == each.target:
            staying[each.target].append(each.verb)
        else:
            moves[each.source or "[*]", each.target].append(each.verb)
    lines = [f"    {source} --> {target}: {', '.join(verbs)}" for (source, target), verbs in moves.items()]
    lines += [f"    note right of {status}: {', '.join(verbs)}" for status, verbs in staying.items()]
    return "\n".join(["stateDiagram-v2", *lines, ""])


def drawn(document: str, picture: str) -> str:
    """The document with the picture in its place."""
    before, _, rest = document.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}{picture}{_END}{after}"


def main() -> None:
    path = ROOT / COMPLAINTS
    path.write_text(drawn(path.read_text(encoding="utf-8"), complaints()), encoding="utf-8")


if __name__ == "__main__":
    main()
