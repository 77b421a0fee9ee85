"""What a connection is: typed settings, some of them secret, that a client is made from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from ecoflows.connections.checks import Check


class Connection(BaseModel):
    """The settings of one service under a name; a subclass is a type of connection.

    Fields that are secret are ``SecretStr``: they are hidden where they are typed, stored in files that
    only their owner reads, and never shown. Each field has a description, which asks for it.

    Attributes:
        type: The short name of the type, as in ``ecoflows connections create --type``.
        label: What people call the service.
        choices: Groups of fields of which exactly one has to be given, in the order of preference, such
            as a token or else a user name with a password.
        extra: The extra of the package that brings what the client needs, for the command that installs it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    type: ClassVar[str]
    label: ClassVar[str]
    choices: ClassVar[tuple[tuple[str, ...], ...]] = ()
    extra: ClassVar[str | None] = None

    @model_validator(mode="after")
    def _one_choice(self) -> Connection:
        given = [names for names in self.choices if all(getattr(self, name) is not None for name in names)]
        touched = [names for names in self.choices if any(getattr(self, name) is not None for name in names)]
        if self.choices and (len(given) != 1 or touched != given):
            ways = ", or ".join(" and ".join(f"'{name}'" for name in names) for names in self.choices)
            raise ValueError(f"give {ways}{', not both' if len(touched) > 1 else ''}")
        return self

    def connect(self) -> AbstractContextManager[Any]:
        """Make the client, for as long as the context lasts.

        Raises:
            ConnectionFailedError: If the service cannot be reached or refuses.
        """
        raise NotImplementedError

    def checks(self) -> Iterator[Check]:
        """See what works on the way to the service, one thing after the other."""
        raise NotImplementedError

    def redacted(self, text: str) -> str:
        """A text without the secrets of this connection.

        Args:
            text: The text, such as a server's answer.
        """
        for secret in self.secrets():
            text = text.replace(secret, "***")
        return text

    def secrets(self) -> tuple[str, ...]:
        """The secrets themselves, the longest first."""
        found = {value.get_secret_value() for _, value in self if isinstance(value, SecretStr)}
        return tuple(sorted((text for text in found if text), key=len, reverse=True))
