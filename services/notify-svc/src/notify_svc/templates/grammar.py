"""What a text may say with Jinja: a part of the language in which everything ends soon.

Nothing but names, a few filters, conditions and one loop over a declared list; no assignment, macro, call,
import, arithmetic or attribute. What is accepted here cannot reach anything but its variables, and takes time
in proportion to its length.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_NODES = 2_000
MOST_DEPTH = 12
FILTERS = frozenset({"date", "money", "number", "mask", "default", "upper", "lower", "join", "length"})
_TESTS = frozenset({"defined", "none"})
_PLAIN: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.CondExpr,
    nodes.Keyword,
)
_SIMPLE = (str, int, float, bool, type(None))
_LOOP = frozenset({"first", "last", "index"})


class GrammarError(Exception):
    """A text that is not accepted: a stable code, the line it stands in, and the word it is about."""

    def __init__(self, code: str, line: int, about: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.about = about


def environment(
    *,
    autoescape: bool,
    filters: Mapping[str, Callable[..., Any]],
    finalize: Callable[[Any], Any] | None = None,
) -> ImmutableSandboxedEnvironment:
    """Jinja without anything but these filters: no global function, and an error for what is not given."""
    made = ImmutableSandboxedEnvironment(
        autoescape=autoescape, undefined=StrictUndefined, finalize=finalize, keep_trailing_newline=True
    )
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS if name in made.filters} | dict(filters)
    made.tests = {name: made.tests[name] for name in _TESTS}
    return made


_READER = environment(autoescape=False, filters=dict.fromkeys(FILTERS, str))


def check(text: str, *, declared: Collection[str], lists: Collection[str]) -> None:
    """Raise GrammarError for a text that says more than it may, or names what is not declared."""
    try:
        tree = _READER.parse(text)
    except TemplateSyntaxError as error:
        raise GrammarError("template_syntax", error.lineno or 1) from None
    except RecursionError:
        raise GrammarError("template_too_deep", 1) from None
    _Check(declared, lists).all_of(tree)


class _Check:
    def __init__(self, declared: Collection[str], lists: Collection[str]) -> None:
        self._declared = frozenset(declared)
        self._lists = frozenset(lists)
        self._seen = 0

    def all_of(self, tree: nodes.Template) -> None:
        self._node(tree, frozenset(), 0)

    def _node(self, node: nodes.Node, local: frozenset[str], depth: int) -> None:
        self._seen += 1
        if self._seen > MOST_NODES:
            raise GrammarError("template_too_long", node.lineno)
        if depth > MOST_DEPTH:
            raise GrammarError("template_too_deep", node.lineno)
        for child in self._judged(node, local):
            self._node(child, local, depth + 1)
        if isinstance(node, nodes.For):
            self._loop(node, local, depth)

    def _judged(self, node: nodes.Node, local: frozenset[str]) -> Iterator[nodes.Node]:
        """The parts of a node that is accepted."""
        if isinstance(node, nodes.For):
            return iter(())
        if isinstance(node, nodes.Name):
            self._name(node, local)
        elif isinstance(node, nodes.Getattr):
            self._attribute(node, local)
            return iter(())
        elif isinstance(node, nodes.Const):
            if not isinstance(node.value, _SIMPLE):
                raise _refused(node)
        elif isinstance(node, nodes.Filter):
            _one_of(FILTERS, "filter_unknown", node, node.name)
        elif isinstance(node, nodes.Test):
            _one_of(_TESTS, "test_unknown", node, node.name)
        elif not isinstance(node, _PLAIN):
            raise _refused(node)
        return node.iter_child_nodes()

    def _name(self, node: nodes.Name, local: frozenset[str]) -> None:
        if node.ctx != "load" or node.name not in self._declared | local:
            raise GrammarError("variable_undeclared", node.lineno, node.name)

    def _attribute(self, node: nodes.Getattr, local: frozenset[str]) -> None:
        of_loop = isinstance(node.node, nodes.Name) and node.node.name == "loop" and "loop" in local
        if not of_loop or node.attr not in _LOOP:
            raise _refused(node)

    def _loop(self, node: nodes.For, local: frozenset[str], depth: int) -> None:
        if local or node.recursive or not isinstance(node.target, nodes.Name):
            raise GrammarError("loop_not_allowed", node.lineno)
        if not isinstance(node.iter, nodes.Name) or node.iter.name not in self._lists:
            raise GrammarError("loop_not_allowed", node.lineno)
        inside = frozenset({node.target.name, "loop"})
        tests = [] if node.test is None else [node.test]
        for child in (*tests, *node.body):
            self._node(child, inside, depth + 1)
        for child in node.else_:
            self._node(child, local, depth + 1)


def _one_of(allowed: Collection[str], code: str, node: nodes.Node, name: str) -> None:
    if name not in allowed:
        raise GrammarError(code, node.lineno, name)


def _refused(node: nodes.Node) -> GrammarError:
    return GrammarError("template_not_allowed", node.lineno)
