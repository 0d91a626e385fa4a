"""The certificate of a document as a PEM file, and what of a PEM file may be shown."""

import base64
import binascii
import hashlib
import re

from .desired import Desired

_FIRST = re.compile(rb"^-----BEGIN CERTIFICATE-----[^\n]*\n(.*?)^-----END", re.MULTILINE | re.DOTALL)


def declares_tls(desired: Desired) -> bool:
    """Whether the document has the proxy speak TLS."""
    return bool(desired.options.get("DEFAULT/cert"))


def declared_pem(desired: Desired) -> bytes:
    """Key and chain of the document as a PEM file, the key first."""
    return (desired.tls.key + desired.tls.certificate).encode("ascii")


def fingerprint(pem: bytes) -> str:
    """Of the first certificate, as `openssl x509 -noout -fingerprint -sha256` writes it; nothing where there is none."""
    found = _FIRST.search(pem)
    if found is None:
        return ""
    try:
        body = base64.b64decode(b"".join(found.group(1).split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    digest = hashlib.sha256(body).hexdigest().upper()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))
