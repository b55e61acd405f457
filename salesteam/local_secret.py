"""The signing key of a local installation, made once and kept in `var/`. Production gives its own by SECRET_KEY."""

import os
import secrets

from salesteam import embedded


def local_secret_key() -> str:
    """The key, made on the first call; readable by its owner alone."""
    file = embedded.here().home / "secret-key"
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    with os.fdopen(descriptor, "w") as handle:
        handle.write(secrets.token_urlsafe(48))
    return file.read_text().strip()
