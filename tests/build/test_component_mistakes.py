"""Mistakes in a component: every one is an error with its place in the author's file, and all are told at once."""

from __future__ import annotations

import pytest

from compiler.build.catalog import Catalog
from compiler.build.precompile import generated_modules
from compiler.build.uses import use_faults
from compiler.formats.files import MemoryFiles
from compiler.model.diagnostic import Diagnostic
from compiler.pipeline import build

HEAD = 'apiVersion: stackc.dev/v1alpha1\nkind: Stack\nmetadata: {name: lab}\nspec:\n  kubernetes: "1.34"\n'
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
B = {
    "b/component.yaml": (
        "summary: b\nabstract: true\nparams: {port: int32!, title: string = t, l: [string], w?: {x: int32!}}\n"
        "versions: {'1.0': {}, '1.1': {}}\n"
    ),
    "b/manifests/m.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '${{ self.name }}'}\n",
}


def compiled(files: dict[str, str | bytes], params: str = "{}") -> list[Diagnostic]:
    """Compile a stack that asks for the component `web`; paths begin below `components/`, or in its folder."""
    own = {path if path.startswith(("web/", "b/")) else f"web/{path}": text for path, text in files.items()}
    raw = {f"components/{p}": t if isinstance(t, bytes) else t.encode() for p, t in own.items()}
    raw["stack.yaml"] = f"{HEAD}  components:\n  - {{name: web, params: {params}}}\n".encode()
    return list(build(MemoryFiles(raw), "stack.yaml", (), ()).diagnostics)


def places(found: list[Diagnostic]) -> list[str]:
    """Return code and place of every error, those of the component without its folder."""
    return [f"{d.code} {d.span}".replace("components/web/", "") for d in found if d.is_error]


HEADS = {
    "sumary: x": ["SC402 component.yaml:1:1", "SC402 component.yaml:1:1"],
    "summary: x\nprovides: {capabilites: [a]}": ["SC402 component.yaml:2:12"],
    "summary: x\nimages: {a: 5, b: nginx, c: {image: 'x:1', bild: true}}": [
        "SC402 component.yaml:2:13",
        "SC402 component.yaml:2:19",
        "SC402 component.yaml:2:44",
    ],
    "summary: x\nkubernetes: '1.30'": ["SC402 component.yaml:2:13"],
    "summary: x\nversions: {'1': {kubernetes: new}}": ["SC402 component.yaml:2:30"],
    "summary: x\nrequires: [{name: volcano, version: nine}]": ["SC402 component.yaml:2:37"],
    "summary: x\nreferences: [{from: X.a.b, path: spec, to: 5, edge: nedes}]": [
        "SC402 component.yaml:2:14",
        "SC402 component.yaml:2:34",
        "SC402 component.yaml:2:44",
        "SC402 component.yaml:2:53",
    ],
    "summary: x\nreferences: [{from: X.a.b, source: src}]": ["SC402 component.yaml:2:14"],
    "summary: x\nnames: {byContent: 5}": ["SC402 component.yaml:2:20"],
    "summary: x\nreadiness: [{foo: 1}]": ["SC402 component.yaml:2:13"] * 3 + ["SC402 component.yaml:2:14"],
    "summary: x\nhidden: [{kind: X, path: spec.image}]": ["SC402 component.yaml:2:26"],
    "summary: x\nsection: jobs\ndiscriminator: {bakend: X}": ["SC410 component.yaml:3:16"],
    "summary: x\ndiscriminator: {backend: X}": ["SC410 component.yaml:2:16"],
    "summary: x\nsection: secrets": ["SC410 component.yaml:2:10"],
    "summary: x\nabstract: true\nsection: web": ["SC410 component.yaml:3:10"],
    "summary: x\ndefault: true": ["SC410 component.yaml:2:10"],
    "summary: x\nfields: {nmae: kept}": ["SC410 component.yaml:2:10"],
    "summary: x\nnamespaces: [fooBar]": ["SC410 component.yaml:2:14"],
    "summary: x\ncoreTypes: '1.99'": ["SC410 component.yaml:2:12"],
    "summary: x\nlet: {a: {b: ~}}": ["SC410 component.yaml:2:14"],
    "summary: x\nparams: {a: int32 = 1}\npresets: {dev: {b: 1, a: x}}": [
        "SC410 component.yaml:3:17",
        "SC410 component.yaml:3:26",
    ],
    "summary: x\nlet: {a: 1}\nversions: {'1': {let: {b: 1}, images: {c: 'x:1'}}}": [
        "SC410 component.yaml:3:24",
        "SC410 component.yaml:3:40",
    ],
    "summary: x\nparams: {version: string, self: string}": [
        "SC418 component.yaml:2:10",
        "SC418 component.yaml:2:27",
    ],
    "summary: x\nparams: {a: strng, b: {c: Resorces}, d: core/v1.EnvVra, e: [use/nope], f: int32 | string}": [
        "SC423 component.yaml:2:13",
        "SC423 component.yaml:2:27",
        "SC426 component.yaml:2:41",
        "SC423 component.yaml:2:61",
        "SC423 component.yaml:2:75",
    ],
    "summary: x\nparams: {'*': string}": ["SC422 component.yaml:2:9"],
    "summary: x\ntypes: {T: {a: nope}}": ["SC423 component.yaml:2:16"],
}


@pytest.mark.parametrize("head", HEADS)
def test_a_mistake_in_component_yaml_is_told_at_its_own_place(head: str) -> None:
    """Nested keys and values have their own column, not that of the key above."""
    found = compiled({"component.yaml": head + "\n", "manifests/m.yaml": MAP})
    mine = [place for place in places(found) if "component.yaml" in place]
    assert sorted(mine) == sorted(HEADS[head])
    assert all(d.help for d in found)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("data: {a: '${{ q1 }} ${{ q2 }}', c: '${{ t | uper }}', d: {$if: zz, e: '${{ zy }}', $merge: zx}}", 6),
        ("data: {b: {$fi: x}, '${{ a }}': c, d: [{$for: x of y}, '${{ a'], e: {$merge: [[a], '${{ b }}']}}", 6),
        ("data:\n- {$for: x in q1}\n- ${{ q2 }}\n- $for: [a in q3, b in q4]", 3),
        ("data: {a: '${{ image() }} ${{ b64(1, 2) }} ${{ t | replace(1) }}'}", 3),
    ],
)
def test_all_mistakes_of_a_document_are_told_at_once(text: str, columns: int) -> None:
    """An author mends a template in one go; wrong counts of arguments are seen without values."""
    found = compiled({"component.yaml": "summary: x\nparams: {t: string}\n", "manifests/m.yaml": MAP + text + "\n"})
    assert len(set(places(found))) == columns, found


def test_mistakes_of_params_and_templates_are_told_together() -> None:
    """A param whose type can't be read does not hide what else is wrong."""
    head = "summary: x\nparams: {a: strng, b: int32}\n"
    found = compiled({"component.yaml": head, "manifests/m.yaml": MAP + "data: {x: '${{ a.b }}', w: '${{ c }}'}\n"})
    assert places(found) == ["SC423 component.yaml:2:13", "SC417 manifests/m.yaml:4:33"]


ROWS = {
    "code: WEB001": [],
    "severity: eror": ["SC431 rules.yaml:5:13"],
    "severity: {prod: error}": ["SC431 rules.yaml:5:13"],
    "severity: {production: error, dev: off}": [],
    "severity: 5": ["SC431 rules.yaml:5:13"],
    "at: b.c": ["SC417 rules.yaml:5:7"],
    "at: [a]": ["SC432 rules.yaml:5:7"],
    "let: {x: 5}": ["SC431 rules.yaml:5:3"],
    "asert: a": ["SC431 rules.yaml:5:3"],
    "bad: 5": ["SC431 rules.yaml:5:8"],
    "source: [x]": ["SC431 rules.yaml:5:11"],
    "when: zz": ["SC417 rules.yaml:5:9"],
}


@pytest.mark.parametrize("row", ROWS)
def test_a_mistake_in_a_rule_is_told_at_its_place(row: str) -> None:
    """A severity or a place that means nothing is no silent warning."""
    text = "- assert: a < 5\n  message: m\n  help: h\n  code: WEB001\n" + ("" if "code" in row else f"  {row}\n")
    head = "summary: x\nparams: {a: int32 = 1}\n"
    found = compiled({"component.yaml": head, "manifests/m.yaml": MAP, "rules.yaml": text})
    assert places(found) == ROWS[row]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("code: A\n", ["SC431 rules.yaml:1:1"]),
        ("[]\n---\n[]\n", ["SC431 rules.yaml:3:1"]),
        ("- {code: SC101, assert: 'true', message: m, help: h}\n", ["SC431 rules.yaml:1:10"]),
        ("- {code: WEB001, assert: 'true', message: {a: b}, help: h}\n", ["SC431 rules.yaml:1:43"]),
        (
            "- {code: WEB001, assert: 'true', message: m, help: h}\n" * 2,
            ["SC431 rules.yaml:2:3"],
        ),
        (
            "- {code: WEB001, when: b, assert: c, message: '${{ d }}', help: '${{ e }}'}\n",
            [f"SC417 rules.yaml:1:{column}" for column in (24, 35, 52, 70)],
        ),
    ],
)
def test_a_rules_file_of_another_form_is_refused(text: str, expected: list[str]) -> None:
    """One list of rules, with codes of the component, each once."""
    found = compiled({"component.yaml": "summary: x\n", "manifests/m.yaml": MAP, "rules.yaml": text})
    assert places(found) == expected


CRDS = {
    "crd: a.b/v1": "SC425 manifests/m.yaml:1:1",
    "crd: a.b\nkind: X": "SC425 manifests/m.yaml:1:6",
    "crd: 5\nkind: X": "SC425 manifests/m.yaml:1:6",
    "crd: a.b/v1\nkind: X\ncolumns: [a]": "SC425 manifests/m.yaml:3:10",
    "crd: a.b/v1\nkind: X\nscope: Namespacd": "SC425 manifests/m.yaml:3:8",
    "crd: a.b/v1\nkind: X\ntypes: [a]": "SC425 manifests/m.yaml:3:8",
    "crd: a.b/v1\nkind: X\ntypes: {T: {a: T}}\nspec: {t: T}": "SC406 manifests/m.yaml:3:16",
    "crd: a.b/v1\nkind: X\nspec: {t: '[T] by name'}\ntypes: {T: {name: string}}": "SC424 manifests/m.yaml:3:11",
    "crd: a.b/v1\nkind: X\nspec:": "SC422 manifests/m.yaml:3:6",
}


@pytest.mark.parametrize("text", CRDS)
def test_a_mistake_in_a_compact_crd_is_told_at_its_place(text: str) -> None:
    """What a server would refuse, or what has no meaning, stops at the author's file."""
    assert places(compiled({"component.yaml": "summary: x\n", "manifests/m.yaml": text + "\n"})) == [CRDS[text]]


USES = {
    "use: c": ["SC443 manifests/m.yaml:1:6"],
    "use: b\nparams: {port: 80}": ["SC443 manifests/m.yaml:1:6"],
    "use: b@7\nparams: {port: 80}": ["SC443 manifests/m.yaml:1:6"],
    "use: b\nversion: '9'\nparams: {port: 80}": ["SC443 manifests/m.yaml:2:10"],
    "use: b@1.0": ["SC444 manifests/m.yaml:1:1"],
    "use: b@1.0\nparams:\n  prot: 80\n  port: x\n  l: 5\n  w: {z: 1}": [
        "SC444 manifests/m.yaml:3:3",
        "SC444 manifests/m.yaml:4:9",
        "SC444 manifests/m.yaml:5:6",
        "SC444 manifests/m.yaml:6:6",
        "SC444 manifests/m.yaml:6:7",
    ],
    "use: b@1.0\nparams: {$merge: given}": [],
    "use: b@1.0\nparams: {port: '${{ 80 }}', w: {$if: given is set, x: 1}}": [],
    "use: web": ["SC443 manifests/m.yaml:1:6"],
    "use: b@1.0\nname: 5": ["SC405 manifests/m.yaml:2:7"],
    "use: b@1.0\nparms: {}": ["SC405 manifests/m.yaml:2:1"],
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}": ["SC403 manifests/m.yaml:2:7"],
}


@pytest.mark.parametrize("text", USES)
def test_a_mistake_in_a_use_is_told_before_there_are_values(text: str) -> None:
    """Name, version and params that are written out are checked at the caller's own line and column."""
    files: dict[str, str | bytes] = {
        "component.yaml": "summary: x\nparams: {given: any}\n",
        "manifests/m.yaml": text + "\n",
        **B,
    }
    assert sorted(places(compiled(files, "{given: {port: 80}}"))) == sorted(USES[text])


def test_the_built_in_catalog_has_no_such_mistake() -> None:
    """What is asked of a user's components at every compile is asked of the built-in ones here."""
    catalog = Catalog()
    assert list(use_faults(catalog, catalog.names)) == []
    assert generated_modules()[1] == ()


def test_a_rule_of_a_part_is_told_where_the_template_hands_it_over() -> None:
    """The stack's instance, with the caller's line of the param that the rule is about."""
    rule = "- {code: B001, assert: port > 100, at: port, message: 'port ${{ port }}', help: write another}\n"
    files: dict[str, str | bytes] = {
        "component.yaml": "summary: x\n",
        "manifests/m.yaml": "use: b@1.0\nparams:\n  port: ${{ 80 }}\n",
        **B,
        "b/rules.yaml": rule,
    }
    (one,) = [d for d in compiled(files) if d.is_error]
    assert (one.code, str(one.span)) == ("B001", "stack.yaml:7:12")
    assert str(one.notes[0].span) == "components/web/manifests/m.yaml:3:9"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("manifests/m.yml", "manifests/m.yml:1:1"),
        ("rules.yml", "rules.yml:1:1"),
        ("manifest/m.yaml", "manifest:1:1"),
    ],
)
def test_a_file_that_nothing_reads_is_told_of(path: str, expected: str) -> None:
    """A wrong ending or a letter too few would otherwise drop a rule or an object without a word."""
    found = compiled({"component.yaml": "summary: x\n", path: MAP, "files/.DS_Store": b"\xff"})
    assert places(found) == [f"SC409 {expected}"]


def test_a_folder_whose_name_is_none_and_one_without_component_yaml_are_told_of() -> None:
    """`components/a.b` and `components/x/component.yml` make no component."""
    files = {"components/a.b/component.yaml": b"summary: x\n", "components/x/component.yml": b"summary: x\n"}
    catalog = Catalog(MemoryFiles(files))
    catalog.all()
    assert [(d.code, str(d.span)) for d in catalog.found] == [
        ("SC409", "components/x/component.yml:1:1"),
        ("SC409", "components/a.b/component.yaml:1:1"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "$for: [a in range(10000), b in range(10000)]\n" + MAP,
        MAP + "data:\n  a: [{$for: [a in range(10000), b in range(10000)], $value: '${{ b }}'}]\n",
    ],
)
def test_loops_that_would_fill_the_memory_end(text: str) -> None:
    """A hundred million turns are an error at the loop."""
    (one,) = [d for d in compiled({"component.yaml": "summary: x\n", "manifests/m.yaml": text}) if d.is_error]
    assert one.code == "SC441"
    assert str(one.notes[0].span).startswith("components/web/manifests/m.yaml:")


def test_what_a_server_would_refuse_is_shown_at_the_templates_field() -> None:
    """A typo in a template has the note at its own line and column, list items included."""
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  restartPolcy: Never\n  containers:\n"
        "  - name: web\n    image: a/b:1\n    ports: [{containerPort: x}]\n"
    )
    found = compiled({"component.yaml": "summary: x\n", "manifests/m.yaml": text})
    assert {str(d.notes[0].span) for d in found if d.code in ("SC601", "SC602")} == {
        "components/web/manifests/m.yaml:5:3",
        "components/web/manifests/m.yaml:9:29",
    }


LOOPS = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  serviceAccountName: nobody
  containers:
  - {$if: (l | length) > 5, name: none, image: 'a/b:1', imagePullPolicy: always}
  - {name: web, image: 'a/b:1', imagePullPolicy: always}
  - $for: v in l
    $value:
      name: n-${{ v }}
      image: a/b:1
      restartPolcy: x
---
apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {a: 5}
"""


def test_fields_of_items_that_loops_and_conditions_make_are_shown_at_their_items() -> None:
    """An item of a list is told by what it says; a reference that leads nowhere has its place, too."""
    head = "summary: x\nparams: {l: [string]}\n"
    found = compiled({"component.yaml": head, "manifests/m.yaml": LOOPS}, "{l: [p, q]}")
    assert {(d.code, d.path, str(d.notes[0].span).partition(".yaml:")[2]) for d in found} == {
        ("SC604", "/spec/containers/0/imagePullPolicy", "8:50"),
        ("SC601", "/spec/containers/1/restartPolcy", "13:7"),
        ("SC601", "/spec/containers/2/restartPolcy", "13:7"),
        ("SC502", "/spec/serviceAccountName", "5:23"),
        ("SC602", "/stringData/a", "18:17"),
    }
    [secret] = [d.notes[0].span for d in found if d.code == "SC602"]
    assert secret
    assert secret.column == secret.end_column
