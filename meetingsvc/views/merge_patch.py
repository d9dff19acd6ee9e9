"""Merge patches (RFC 7396) between two views. Pure; a view holds no null, so every difference can be said.

Does not belong here: what a view holds (that is `view`).
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def merge_patch(before: Json, after: Json) -> Json:
    """The patch that turns `before` into `after`. Tables are compared by key, everything else is replaced."""
    patch: Json = {}
    for key, value in after.items():
        if key not in before:
            patch[key] = value
            continue
        old = before[key]
        if old is value or old == value:
            continue
        patch[key] = merge_patch(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    for key in before:
        if key not in after:
            patch[key] = None
    return patch


def apply_patch(document: Any, patch: Any) -> Any:
    """The document with the patch merged in. What the patch does not touch is shared, nothing is changed."""
    if not isinstance(patch, dict):
        return patch
    made = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = apply_patch(made.get(key), value)
    return made
