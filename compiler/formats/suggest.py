"""Did-you-mean: the nearest of the words that would have been right."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return the allowed word that `word` was most likely meant to be, `""` when none is near."""
    from difflib import get_close_matches  # only for input that is already wrong

    words = {candidate.lower(): candidate for candidate in sorted(allowed)}
    folded = word.lower()
    if folded in words:
        return words[folded]
    close = get_close_matches(folded[:200], words, n=1, cutoff=0.7)
    # Two letters that changed places weigh too much in a short word: `$fi` for `$if`.
    close = close or [candidate for candidate in words if sorted(candidate) == sorted(folded)]
    # Singular for plural, or a word written short: `env` for `envs`, `storageClass` for `storageClassName`.
    starts = [candidate for candidate in words if len(folded) > 3 and candidate.startswith(folded)]
    return words[close[0]] if close else (words[starts[0]] if len(starts) == 1 else "")
