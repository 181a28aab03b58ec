"""Circle 3: what only the whole set of objects shows.

References, keys and identities are found by the reference graph (build/dangling.py, build/identity.py); here is what
the objects of a set do to each other, and whether the declared nodes can run them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from compiler.check.objects import Found, Judge, diagnostic_of
from compiler.check.sets import RULES
from compiler.check.sets.scene import make_scene
from compiler.check.view import View
from compiler.model.diagnostic import Diagnostic
from compiler.model.manifest import Bundle, Manifest


def check_set(
    sound: Iterable[tuple[Manifest, View]], minor: int, nodes: Iterable[Mapping[str, Any]] = (), *, plain: bool = False
) -> Iterator[tuple[Manifest, Found]]:
    """Yield what is wrong with a set of objects; `sound` ones only, which circle 2 could decode.

    Shape: `nodes` as in `cluster.nodes`; in a `plain` stream what a server takes is a warning.
    """
    scene = make_scene(sound, (dict(node) for node in nodes), minor)
    for rule in RULES:
        for actor, problem in rule.check(scene):
            if plain and not rule.refused:
                problem = problem._replace(warning=True)
            yield actor.manifest, Found(rule.code, problem)


def check_bundle(bundle: Bundle, judge: Judge, nodes: Iterable[Mapping[str, Any]] = ()) -> tuple[Diagnostic, ...]:
    """Return what is wrong with the objects of a bundle together; `nodes` is the stack's `cluster.nodes`."""
    sound = ((m, view) for m in bundle.manifests if (view := judge.look(m.body).view) is not None)
    return tuple(diagnostic_of(found, manifest) for manifest, found in check_set(sound, judge.pack.minor, nodes))
