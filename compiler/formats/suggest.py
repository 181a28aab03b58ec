"""Did-you-mean: the nearest of the words that would have been right."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return the allowed word that `word` was most likely meant to be, `""` when none is near."""
    from difflib import get_close_matches  # only for input that is already wrong

    words = sorted(set(allowed))
    folded = word.lower()
    for candidate in words:
        if candidate.lower() == folded:
            return candidate
    # Singular for plural, or a word written short: `env` for `envs`, `storageClass` for `storageClassName`.
    starts = [candidate for candidate in words if len(folded) > 3 and candidate.lower().startswith(folded)]
    close = get_close_matches(word[:200], words, n=1, cutoff=0.7)
    return close[0] if close else (starts[0] if len(starts) == 1 else "")
