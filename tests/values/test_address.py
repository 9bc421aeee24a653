"""Addresses: a password is in nothing that is shown or kept, and what is kept can still be used."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.values.address import cause, secrets, shown, without_password

PASSWORDS = st.text("abcXYZ019:/@?&=#%+-_ é", min_size=6).map(lambda text: f"S3{text}cr")


@settings(deadline=None)
@given(PASSWORDS, st.sampled_from(["postgresql+psycopg", "s3", "https", "ftp"]))
def test_a_password_is_never_shown(password: str, scheme: str) -> None:
    """Quoted as it should be, or with every mark that means something in an address."""
    for written in (quote(password, safe=""), password):
        address = f"{scheme}://ada:{written}@host.example/shop"
        assert password not in shown(address)
        assert written not in shown(address)
        assert "host.example/shop" in shown(address)
        assert written not in cause(OSError(f"can't reach {address}"), address)


@settings(deadline=None)
@given(PASSWORDS)
def test_what_is_kept_can_be_used_again(password: str) -> None:
    """Without the password, an address names the same place for who knows the password from elsewhere."""
    written = quote(password, safe="")
    address = f"postgresql+psycopg://ada:{written}@host.example:5433/shop?sslmode=require&password={written}"
    assert without_password(address) == "postgresql+psycopg://ada@host.example:5433/shop?sslmode=require"
    assert without_password(f"https://ada:{written}@host.example/t.csv") == "https://host.example/t.csv"
    assert password in secrets(address)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("data/a:b@c.csv", "data/a:b@c.csv"),
        ("sqlite:///shop.db", "sqlite:///shop.db"),
        ("postgresql://ada@host/shop", "postgresql://ada@host/shop"),
        ("https://host:80/a@b.csv", "https://host:80/a@b.csv"),
        ("https://token@host/t.csv?X-Amz-Signature=abc", "https://host/t.csv"),
        ("gs://bucket/t.csv?token=abc", "gs://bucket/t.csv?token=***"),
    ],
)
def test_what_is_no_secret_stays(address: str, name: str) -> None:
    """Names of users, ports, paths and marks in them are shown."""
    assert shown(address) == name
