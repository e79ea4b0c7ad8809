"""Certificates that a server signed itself, by the program openssl: nobody trusts them unless told to."""

from __future__ import annotations

import subprocess
from pathlib import Path


def make_certificate(folder: Path, *names: str) -> tuple[Path, Path]:
    """Make a certificate for hosts and addresses, good for a day. -> (certificate, key)."""
    certificate, key = folder / f"{names[0]}.crt", folder / f"{names[0]}.key"
    alternatives = ",".join(f"IP:{name}" if name[0].isdigit() else f"DNS:{name}" for name in names)
    options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    subject = ["-subj", f"/CN={names[0]}", "-addext", f"subjectAltName={alternatives}"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", "-x509", *options, *subject, *files], check=True, capture_output=True)
    return certificate, key
