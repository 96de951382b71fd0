# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Templates that differ in a single word are one template with a varying word."""

from __future__ import annotations

from collections import defaultdict

from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.counting import Group

_ALIKE = 6  # so many different words in one place are values, fewer may each mean something
_WORDS = 40
_AT_MOST = 2000  # templates looked at; beyond that nobody reads them


def merge(groups: list[Group]) -> list[Group]:
    """The groups, those joined whose templates have the same words in all places but one."""
    groups = sorted(groups, key=lambda item: (-item.count, item.template))
    looked_at, rest = groups[:_AT_MOST], groups[_AT_MOST:]
    if len(looked_at) < _ALIKE:
        return groups
    places: defaultdict[tuple[int, tuple[str, ...]], list[int]] = defaultdict(list)
    words = [tuple(item.template.split(" ")) for item in looked_at]
    for number, parts in enumerate(words):
        for place in range(min(len(parts), _WORDS)):
            places[(place, (*parts[:place], *parts[place + 1 :]))].append(number)
    merged: dict[int, Group] = {}
    result = []
    for (place, _), members in sorted(places.items(), key=lambda item: -len(item[1])):
        fresh = [number for number in members if number not in merged]
        if len(fresh) < _ALIKE:
            continue
        into = looked_at[fresh[0]]
        parts = words[fresh[0]]
        into.template = " ".join((*parts[:place], "<word>", *parts[place + 1 :]))
        result.append(into)
        for number in fresh:
            merged[number] = into
            if looked_at[number] is not into:
                into.add(looked_at[number])
    return [*result, *(item for number, item in enumerate(looked_at) if number not in merged), *rest]
