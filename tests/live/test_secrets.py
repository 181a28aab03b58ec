"""Binding and masking: values reach the cluster and nothing else."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.formats.files import MemoryFiles
from compiler.live.bind import Bound, SopsError, Sources, bind_secrets, missing_fill, run_sops
from compiler.live.mask import AFTER, BEFORE, LAST_APPLIED, SAME, Redactor, mask_pair
from compiler.model.ids import ObjectId
from compiler.model.manifest import Fill
from compiler.model.source import Span
from tests.live.bundles import body, bundle, secret_fill


def sources(files: dict[str, bytes] | None = None, **environment: str) -> Sources:
    def decrypt(path: str, key: str) -> bytes:
        if path == "no-sops":
            raise SopsError("SC813", "sops is missing", "install sops")
        return f"{path}:{key}".encode()

    return Sources(environment, MemoryFiles(files or {}).read, decrypt)


def bound(wanted: Any, given_sources: Sources) -> Bound:
    result = bind_secrets(wanted, given_sources)
    assert result.value is not None, result.diagnostics
    return result.value


def data_of(found: Bound) -> dict[str, bytes]:
    return {key: b64decode(value) for key, value in found.bundle.manifests[0].body["data"].items()}


def test_bind_secrets_fills_keys_from_every_source() -> None:
    """Environment, file and sops values become data; other keys stay, the unfilled mark goes."""
    made, fill = secret_fill(
        "n", "s", {"e": {"fromEnv": "E"}, "f": {"fromFile": "a/b"}, "s": {"sops": {"file": "x.yaml", "key": "k"}}}
    )
    made["data"] = {"kept": b64encode(b"v").decode()}
    wanted = bundle([made], fill=[fill])
    before = json.dumps(made)
    found = bound(wanted, sources({"a/b": b"\x00\xff\n"}, E="päss"))
    assert data_of(found) == {"kept": b"v", "e": "päss".encode(), "f": b"\x00\xff\n", "s": b"x.yaml:k"}
    assert "annotations" not in found.bundle.manifests[0].body["metadata"]
    assert json.dumps(made) == before
    assert "päss" not in repr(found)


def test_bind_secrets_makes_a_registry_login() -> None:
    """The docker-registry recipe becomes one key with server, user, password and their login."""
    made, _ = secret_fill("n", "s", {".dockerconfigjson": {}})
    fill = Fill(
        ObjectId("", "Secret", "n", "s"), "kubernetes.io/dockerconfigjson", {},
        {"username": {"value": "bob"}, "password": {"fromEnv": "P"}}, "docker-registry", "reg.example.com:5000",
    )  # fmt: skip
    found = bound(bundle([made], fill=[fill]), sources(P="hunter22"))
    login = {"username": "bob", "password": "hunter22", "auth": b64encode(b"bob:hunter22").decode()}
    assert json.loads(data_of(found)[".dockerconfigjson"]) == {"auths": {"reg.example.com:5000": login}}
    assert found.redact.text(f"x {login['auth']} hunter22 y") == "x *** *** y"


def test_bind_secrets_takes_the_server_of_a_login_from_its_source() -> None:
    """A server that the environment says wins over the one of the stack, and the login stays masked."""
    made, _ = secret_fill("n", "s", {".dockerconfigjson": {}})
    sources_of_keys = {"server": {"fromEnv": "S"}, "username": {"fromEnv": "U"}, "password": {"fromEnv": "P"}}
    fill = Fill(ObjectId("", "Secret", "n", "s"), "t", {}, sources_of_keys, "docker-registry", "docker.io")
    found = bound(bundle([made], fill=[fill]), sources(S="reg.example.com", U="bob", P="hunter22"))
    login = json.loads(data_of(found)[".dockerconfigjson"])["auths"]
    assert list(login) == ["reg.example.com"]
    assert found.redact.text(login["reg.example.com"]["auth"]) == "***"


def test_bind_secrets_names_everything_missing_at_once() -> None:
    """Every missing source is one diagnostic with Secret, key and source."""
    made, fill = secret_fill(
        "n",
        "s",
        {
            "a": {"fromEnv": "A"},
            "b": {"fromEnv": "B"},
            "c": {"fromFile": "c"},
            "d": {"sops": {"file": "no-sops", "key": "k"}},
            "e": {"fromFile": "../out"},
        },
    )
    result = bind_secrets(bundle([made], fill=[fill]), sources(B=""))
    assert result.value is None
    assert [d.code for d in result.diagnostics] == ["SC810", "SC811", "SC812", "SC813", "SC812"]
    assert all("` of Secret `s`: " in d.message and d.help for d in result.diagnostics)


def test_bind_secrets_names_a_missing_value_once_at_its_place() -> None:
    """A Secret that stands in several namespaces lacks one value, not several."""
    place = Span("stack.yaml", 9, 7, 9, 12)
    made = [secret_fill(namespace, "s", {"a": {"fromEnv": "A"}}) for namespace in ("m", "n")]
    fills = [fill._replace(spans={"a": place}) for _, fill in made]
    [missing] = bind_secrets(bundle([body for body, _ in made], fill=fills), sources()).diagnostics
    assert (missing.code, missing.span) == ("SC810", place)
    assert missing.object == ObjectId("", "Secret", "m", "s")


def test_run_sops_without_the_program_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without sops gets a diagnostic, not a traceback."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SopsError) as refused:
        run_sops(".")("secrets/a.yaml", "key")
    assert refused.value.code == "SC813"
    assert "sops" in refused.value.message


def test_missing_fill_refuses_compiled_output() -> None:
    """A Secret that says it is unfilled, without an entry to fill it, must not be applied."""
    made, fill = secret_fill("n", "s", {"a": {"fromEnv": "A"}})
    manifests = bundle([made]).manifests
    assert [d.code for d in missing_fill(manifests, [])] == ["SC815"]
    assert missing_fill(manifests, [fill]) == ()


FORMS = st.sampled_from(["plain", "json", "base64"])


def secret(**fields: Any) -> dict[str, Any]:
    return body("v1", "Secret", "n", "s", **fields)


def test_mask_pair_shows_equal_or_changed_and_nothing_else() -> None:
    """Equal values look equal, changed ones changed, and neither shows length or content."""
    old = secret(data={"same": "AAAA", "other": "BBBB", "gone": "CC"}, stringData={"s": "x"})
    new = secret(data={"same": "AAAA", "other": "B" * 99, "came": "DD"}, stringData={"s": "x"})
    left, right = mask_pair(old, new)
    assert left["data"] == {"same": SAME, "other": BEFORE, "gone": SAME}
    assert right["data"] == {"same": SAME, "other": AFTER, "came": SAME}
    assert left["stringData"] == right["stringData"] == {"s": SAME}
    assert old["data"]["same"] == "AAAA"


def test_mask_pair_masks_the_last_applied_annotation() -> None:
    """kubectl's annotation repeats the whole Secret; its text is masked, other annotations are not."""
    old, new = secret(), secret()
    old["metadata"]["annotations"] = {LAST_APPLIED: '{"data":{"a":"x"}}', "note": "1"}
    new["metadata"]["annotations"] = {LAST_APPLIED: '{"data":{"a":"y"}}', "note": "2"}
    left, right = mask_pair(old, new)
    assert left["metadata"]["annotations"] == {LAST_APPLIED: BEFORE, "note": "1"}
    assert right["metadata"]["annotations"] == {LAST_APPLIED: AFTER, "note": "2"}


def test_mask_pair_leaves_other_kinds_alone() -> None:
    """A ConfigMap is shown as it is."""
    one, other = body("v1", "ConfigMap", "n", "c", data={"a": "1"}), body("v1", "ConfigMap", "n", "c", data={"a": "2"})
    assert mask_pair(one, other) == (one, other)


@given(st.text(min_size=4, max_size=30).map(str.strip).filter(lambda text: len(text) >= 4), FORMS)
def test_redactor_removes_a_value_in_every_form(value: str, form: str) -> None:
    """Whatever way a server quotes a known value, it does not come through."""
    told = {
        "plain": value,
        "json": json.dumps(value),
        "base64": b64encode(value.encode("utf-8", "surrogateescape")).decode(),
    }[form]
    shown = Redactor([value]).text(f"<{told}>")
    assert shown in ("<***>", '<"***">')


def test_redactor_takes_out_single_lines_of_a_key() -> None:
    """A private key's lines are taken out one by one, too."""
    lines = ["-----BEGIN KEY-----", "MIIBOgIBAAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf", "-----END KEY-----"]
    assert lines[1] not in Redactor(["\n".join(lines)]).text(f"bad line: {lines[1]}")
