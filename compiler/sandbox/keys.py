"""The secrets of one sandbox: the key that signs service account tokens, and the administrator's token.

The standard library can't make certificates; the API server signs its own on its first start, and that one file is
the CA bundle of every client (paths.ca_file).
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

TOKENS = "tokens.csv"
SERVICE_ACCOUNT_KEY = "service-account.key"

# The order of the curve P-256: a private key is any number from 1 to one less. Source: NIST SP 800-186, 3.2.1.3.
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# DER of ECPrivateKey {version 1, privateKey: 32 bytes, [0] prime256v1}, around the bytes. Source: RFC 5915, 3.
_DER_BEFORE = bytes.fromhex("303102010104 20".replace(" ", ""))
_DER_AFTER = bytes.fromhex("a00a06082a8648ce3d030107")


def write_keys(folder: Path) -> None:
    """Write the signing key and a token file, readable by their owner alone."""
    write_private(folder / SERVICE_ACCOUNT_KEY, _signing_key())
    write_private(folder / TOKENS, f'{secrets.token_urlsafe(32)},stackc-sandbox-admin,admin,"system:masters"\n')


def admin_token(folder: Path) -> str:
    """Return the token of the sandbox's administrator."""
    return (folder / TOKENS).read_text().partition(",")[0]


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, in one step."""
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)


def _signing_key() -> str:
    scalar = secrets.randbelow(_P256_ORDER - 1) + 1
    body = base64.b64encode(_DER_BEFORE + scalar.to_bytes(32, "big") + _DER_AFTER).decode()
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join(["-----BEGIN EC PRIVATE KEY-----", *lines, "-----END EC PRIVATE KEY-----", ""])
