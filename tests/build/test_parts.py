"""A release that takes its parts in by `use`: what the parts say of themselves counts as if they stood in the stack."""

from __future__ import annotations

from compiler.formats.files import MemoryFiles
from compiler.model.diagnostic import Diagnostic
from compiler.model.graph import EdgeKind
from compiler.model.manifest import Bundle
from compiler.pipeline import build

HEAD = "apiVersion: stackc.dev/v1alpha1\nkind: Stack\nmetadata: {name: lab}\nspec:\n  kubernetes: '%s'\n"
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: "${{ self.name }}"}
spec:
  selector: {matchLabels: {app: "${{ self.name }}"}}
  template:
    metadata: {labels: {app: "${{ self.name }}"}}
    spec: {containers: [{name: main, image: "${{ image('main') }}"}]}
"""
RELEASE = {
    "release/component.yaml": """summary: a release of three parts
section: suite
versions:
  "1.0": {let: {database: "5"}}
  "1.1": {let: {database: "6", dashboard: true}}
let: {database: "", dashboard: false}
""",
    "release/manifests/parts.yaml": """use: tuner
namespace: tuning
---
use: database
version: ${{ database }}
---
$if: dashboard
use: dashboard
""",
    "tuner/component.yaml": """summary: needs the database
abstract: true
requires: [database-api]
kubernetes: ">=1.20, <=1.34"
images: {main: "acme/tuner:1"}
namespaces: [{name: tuner-jobs}]
references:
- {from: Tune.acme.dev, path: /spec/account, to: ServiceAccount, edge: after, source: a test}
""",
    "tuner/manifests/tuner.yaml": DEPLOYMENT
    + """---
crd: acme.dev/v1
kind: Tune
spec: {account: string}
---
apiVersion: acme.dev/v1
kind: Tune
metadata: {name: first}
spec: {account: nobody}
""",
    "database/component.yaml": """summary: gives the database
abstract: true
provides: {capabilities: [database-api]}
images: {main: "acme/db:5"}
versions: {"5": {}, "6": {images: {main: "acme/db:6"}}}
""",
    "database/manifests/db.yaml": DEPLOYMENT,
    "dashboard/component.yaml": "summary: shows\nabstract: true\nimages: {main: 'acme/dash:1'}\n",
    "dashboard/manifests/dash.yaml": DEPLOYMENT,
    # the next releases have another shape: a second component of the same section
    "release-2/component.yaml": 'summary: newer\nsection: suite\nversions: {"2.0": {}}\nparams: {size: int32!}\n',
    "release-2/manifests/parts.yaml": "use: database@6\nname: store-${{ size }}\n",
}


def compiled(spec: str, kubernetes: str = "1.34", **more: str) -> tuple[Bundle | None, list[Diagnostic]]:
    """Compile a stack with the components above."""
    files = {f"components/{path}": text.encode() for path, text in {**RELEASE, **more}.items()}
    files["stack.yaml"] = (HEAD % kubernetes + spec).encode()
    built = build(MemoryFiles(files), "stack.yaml", (), ())
    return built.value.bundle if built.value else None, list(built.diagnostics)


def images(bundle: Bundle | None) -> dict[str, str]:
    """Return the image of every Deployment."""
    assert bundle is not None
    found = (m.body for m in bundle.manifests if m.id.kind == "Deployment")
    return {b["metadata"]["name"]: b["spec"]["template"]["spec"]["containers"][0]["image"] for b in found}


ACCOUNT = "  assumes: {serviceAccounts: [tuning/nobody]}\n"


def test_a_row_of_versions_chooses_parts_and_their_versions() -> None:
    """`let` of a row decides which parts there are, and `version:` of a use may be computed."""
    assert images(compiled(ACCOUNT + "  suite: {version: '1.0'}\n")[0]) == {
        "tuner": "acme/tuner:1",
        "database": "acme/db:5",
    }
    assert images(compiled(ACCOUNT + "  suite: {version: '1.1'}\n")[0]) == {
        "tuner": "acme/tuner:1",
        "database": "acme/db:6",
        "dashboard": "acme/dash:1",
    }


def test_a_section_of_two_components_goes_by_the_version() -> None:
    """Each version has the params of its own component, and no others."""
    assert images(compiled("  suite: {version: '2.0', size: 3}\n")[0]) == {"store-3": "acme/db:6"}
    _, found = compiled("  suite: {version: '1.0', size: 3}\n")
    assert [(d.code, str(d.span)) for d in found if d.is_error] == [("SC301", "stack.yaml:6:27")]


def test_what_a_part_requires_is_given_by_another_part_or_is_missing() -> None:
    """The part waits for the one that it requires; without that, the release lacks the capability."""
    bundle, found = compiled(ACCOUNT + "  suite: {version: '1.0'}\n")
    assert bundle is not None, found
    waits = {(e.source.name, e.target.name) for e in bundle.graph.edges if e.kind is EdgeKind.READY}
    assert ("tuner", "database") in waits
    _, found = compiled(ACCOUNT + "  suite: {version: '1.0'}\n", **{"release/manifests/parts.yaml": "use: tuner\n"})
    assert [d.code for d in found if d.is_error] == ["SC463"]


def test_what_a_part_says_of_references_namespaces_and_ranges_counts() -> None:
    """Its reference rows find what is missing, its namespaces are made, and its own range is told."""
    _, found = compiled("  suite: {version: '1.0'}\n")
    assert [d.code for d in found if d.is_error] == ["SC502"], found
    bundle, found = compiled(ACCOUNT + "  suite: {version: '1.0'}\n", "1.36")
    assert bundle is not None
    assert {"tuner-jobs", "tuning"} <= {m.id.name for m in bundle.manifests if m.id.kind == "Namespace"}
    assert [d.message for d in found if d.code == "SC465"] == [
        "`tuner` of `suite` is not tested on Kubernetes 1.36, but on >=1.20, <=1.34"
    ]


def test_a_component_that_is_only_described_is_assumed_and_not_installed() -> None:
    """Volcano's own chart installs it: as a component it would be CRDs that nobody serves."""
    _, found = compiled("  components: [{name: volcano, version: 1.10.0}]\n")
    assert [d.code for d in found if d.is_error] == ["SC455"]


def test_an_assumable_component_with_objects_brings_its_crds_when_it_is_installed() -> None:
    """Assumed it emits nothing; as a component it is whole."""
    head = RELEASE["tuner/component.yaml"].replace("abstract: true\nrequires: [database-api]", "assumable: true")
    spec = "  assumes: {serviceAccounts: [default/nobody]}\n  components: [{name: tuner}]\n"
    bundle, found = compiled(spec, **{"tuner/component.yaml": head})
    assert bundle is not None, found
    assert "tunes.acme.dev" in {m.id.name for m in bundle.manifests}
