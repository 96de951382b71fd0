# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JMESPath for rules: what is unknown is neither true nor false, and never an error.

Beyond the standard language, for evidence of which any part may be missing:

- a comparison with a missing value is unknown, so ``a != 'x'`` does not hold when ``a`` is missing; only the
  literal asks for absence: ``a == `null` ``;
- *not unknown* is unknown, so ``!(a)`` does not hold when ``a`` is missing;
- a function that is given a missing or unfitting value answers unknown.

Imported where the first rule is compiled: jmespath costs more to load than a play without triage should pay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from jmespath import exceptions, functions, parser, visitor

_KNOWS_NULL = frozenset({"not_null", "type", "to_array", "merge"})
_LOOKS_INSIDE = frozenset(
    {"subexpression", "index_expression", "projection", "filter_projection", "value_projection", "flatten", "pipe"}
)
_signature = functions.signature


class RuleFunctions(functions.Functions):  # type: ignore[misc]
    """The functions that rules have beside those of the standard."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    @_signature({"types": ["number"]}, {"types": ["number"]})  # type: ignore[untyped-decorator]
    def _func_ratio(self, part: float, whole: float) -> float | None:
        """``part / whole``; unknown when the whole is nothing."""
        return part / whole if whole else None

    @_signature({"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_age_seconds(self, when: str) -> float | None:
        """Seconds from an RFC 3339 time until now."""
        try:
            moment = datetime.fromisoformat(when)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (self._now - moment).total_seconds()

    @_signature({"types": []}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_mentions(self, value: Any, text: str) -> bool:
        """Whether a string, or any string inside a list or object, contains ``text``; case does not matter."""
        wanted = text.lower()
        return any(wanted in found.lower() for found in _strings(value))

    @_signature({"types": ["number"]})  # type: ignore[untyped-decorator]
    def _func_percent(self, share: float) -> str:
        """``0.1234`` as ``12.3 %``."""
        return f"{round(100 * share, 1):g} %"

    @_signature({"types": ["number"]})  # type: ignore[untyped-decorator]
    def _func_duration(self, seconds: float) -> str:
        """Seconds as a person says them: ``850 ms``, ``12 s``, ``3 min``, ``2 h``, ``4 days``."""
        if abs(seconds) < 10:
            return f"{seconds * 1000:.0f} ms" if abs(seconds) < 1 else f"{round(seconds, 1):g} s"
        for unit, size, until in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 48 * 3600)):
            if abs(seconds) < until:
                return f"{seconds / size:.0f} {unit}"
        return f"{seconds / 86400:.0f} days"

    @_signature({"types": ["number"]})  # type: ignore[untyped-decorator]
    def _func_size(self, count: float) -> str:
        """Bytes as Kubernetes writes them: ``512Mi``, ``1.5Gi``."""
        for unit, size in (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
            if abs(count) >= size:
                return f"{round(count / size, 1):g}{unit}"
        return f"{count:.0f}"


class Interpreter(visitor.TreeInterpreter):  # type: ignore[misc]
    """Evaluates a parsed expression with unknown as a third truth value."""

    def visit_comparator(self, node: dict[str, Any], value: Any) -> Any:
        left_node, right_node = node["children"]
        left, right = self.visit(left_node, value), self.visit(right_node, value)
        asks_for_absence = _is_null(left_node) or _is_null(right_node)
        if (left is None or right is None) and not asks_for_absence:
            return None
        operator = node["value"]
        if operator == "eq":
            return _same(left, right)
        if operator == "ne":
            return not _same(left, right)
        if not (_is_number(left) and _is_number(right)):
            return None
        return self.COMPARATOR_FUNC[operator](left, right)

    def visit_not_expression(self, node: dict[str, Any], value: Any) -> Any:
        result = self.visit(node["children"][0], value)
        return None if result is None else self._is_false(result)

    def visit_or_expression(self, node: dict[str, Any], value: Any) -> Any:
        left = self.visit(node["children"][0], value)
        if not self._is_false(left):
            return left
        right = self.visit(node["children"][1], value)
        return None if left is None and right is False else right

    def visit_function_expression(self, node: dict[str, Any], value: Any) -> Any:
        arguments = [self.visit(child, value) for child in node["children"]]
        if node["value"] not in _KNOWS_NULL and any(argument is None for argument in arguments):
            return None
        try:
            return self._functions.call_function(node["value"], arguments)
        except (exceptions.JMESPathTypeError, ArithmeticError, TypeError, ValueError):
            return None


def parse(text: str) -> dict[str, Any]:
    """The syntax tree of an expression. Raises ValueError with one sentence on a mistake in it."""
    try:
        tree: dict[str, Any] = parser.Parser().parse(text).parsed
    except exceptions.JMESPathError as error:
        raise ValueError(" ".join(str(error).split())) from error
    _check(tree)
    return tree


def evaluate(tree: Mapping[str, Any], view: Any, now: datetime) -> Any:
    """The value of a parsed expression; None when what it needs is missing."""
    options = visitor.Options(custom_functions=RuleFunctions(now))
    try:
        return Interpreter(options).visit(tree, view)
    except (exceptions.JMESPathError, ArithmeticError, AttributeError, TypeError, ValueError):
        return None


def holds(value: Any) -> bool:
    """JMESPath's own idea of true: not false, null, or an empty string, list or object."""
    return not (value is None or value is False or value in ("", [], {}))


def roots(node: Mapping[str, Any]) -> set[str]:
    """The names that an expression looks up in the evidence itself, not inside something found there."""
    kind, children = node["type"], node["children"]
    if kind == "field":
        return {node["value"]}
    if kind in _LOOKS_INSIDE:
        return roots(children[0])
    if kind == "expref":
        return set()
    return {name for child in children if isinstance(child, dict) for name in roots(child)}


def _check(node: Any) -> None:
    """Raises ValueError for what parses and cannot be meant."""
    if not isinstance(node, dict):
        return
    if node.get("type") in _LOOKS_INSIDE and node["children"][0].get("type") == "not_expression":
        raise ValueError("`!a.b` negates `a` and then looks for `b`; write `!(a.b)`")
    if node.get("type") == "function_expression":
        known = RuleFunctions.FUNCTION_TABLE
        name = node["value"]
        if name not in known:
            raise ValueError(f"there is no function {name}(); known are {', '.join(sorted(known))}")
        wanted = known[name]["signature"]
        given = len(node["children"])
        variadic = bool(wanted) and wanted[-1].get("variadic", False)
        if given < len(wanted) or (given > len(wanted) and not variadic):
            raise ValueError(f"{name}() takes {len(wanted)} value(s), not {given}")
    for child in node.get("children", ()):
        _check(child)


def _is_null(node: Mapping[str, Any]) -> bool:
    return node["type"] == "literal" and node["value"] is None


def _same(left: Any, right: Any) -> bool:
    # Python holds that True == 1; JSON does not.
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _strings(value: Any) -> Sequence[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return []
