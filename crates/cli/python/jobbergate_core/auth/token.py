"""Tokens in files."""

import base64
import json
import os
import pathlib
import time

from jobbergate_core.auth.exceptions import TokenError


class Token:
    def __init__(self, cache_directory, label, content=""):
        self.cache_directory = pathlib.Path(cache_directory)
        self.label = label
        self.content = content

    @property
    def file_path(self):
        return self.cache_directory / f"{self.label}.token"

    @property
    def data(self):
        """What the token says of its owner."""
        try:
            claims = self.content.split(".")[1]
            return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)).decode("utf-8"))
        except (IndexError, ValueError) as error:
            raise TokenError(f"The {self.label} token can't be read -- {error}") from error

    def is_valid(self):
        return bool(self.content) and not self.is_expired()

    def is_expired(self):
        try:
            return self.data["exp"] <= time.time()
        except (KeyError, TokenError):
            return True

    @property
    def bearer_token(self):
        return f"Bearer {self.content}"

    def save_to_cache(self):
        self.cache_directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(str(self.file_path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self.content)

    def load_from_cache(self):
        try:
            return self.replace(content=self.file_path.read_text().strip())
        except OSError as error:
            raise TokenError(f"{self.file_path}: {error.strerror}") from error

    def clear_cache(self):
        if self.file_path.exists():
            self.file_path.unlink()

    def replace(self, **changes):
        fields = {"cache_directory": self.cache_directory, "label": self.label, "content": self.content}
        return type(self)(**{**fields, **changes})
