"""The PostgreSQL and Vault options: named as people know them, documented as they are."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.hotswap.runbooks.plugins.doc_fragments.postgres import ModuleDocFragment as PostgresDoc
from ansible_collections.hotswap.runbooks.plugins.doc_fragments.vault import ModuleDocFragment as VaultDoc
from ansible_collections.hotswap.runbooks.plugins.module_utils.postgres import parameters
from ansible_collections.hotswap.runbooks.plugins.module_utils.postgres_options import POSTGRES_OPTIONS
from ansible_collections.hotswap.runbooks.plugins.module_utils.vault_options import VAULT_OPTIONS

KINDS = [
    ("database", POSTGRES_OPTIONS, PostgresDoc),
    ("vault", VAULT_OPTIONS, VaultDoc),
]


def validated(name: str, options: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    result = ArgumentSpecValidator({name: {"type": "dict", "options": options}}).validate({name: given})
    assert result.error_messages == []
    found: dict[str, Any] = result.validated_parameters[name]
    return found


@pytest.mark.parametrize(("name", "options", "fragment"), KINDS)
def test_every_option_is_documented_as_it_is(name: str, options: dict[str, Any], fragment: Any) -> None:
    documented = yaml.safe_load(fragment.DOCUMENTATION)["options"]
    nested = yaml.safe_load(fragment.SOURCE)["options"][name]["suboptions"]
    assert list(documented) == list(nested) == list(options)
    for option, details in options.items():
        for key in ("type", "elements", "aliases", "choices"):
            assert documented[option].get(key) == details.get(key), (option, key)
        for variable in details.get("fallback", (None, []))[1]:
            assert f"E({variable})" in str(documented[option]["description"])


@pytest.mark.parametrize(
    ("alias", "option"),
    [
        ("host", "login_host"),
        ("port", "login_port"),
        ("login", "login_user"),
        ("db", "login_db"),
        ("database", "login_db"),
        ("unix_socket", "login_unix_socket"),
        ("sslmode", "ssl_mode"),
        ("ssl_rootcert", "ca_cert"),
    ],
)
def test_postgresql_options_answer_to_the_names_of_the_public_collection(alias: str, option: str) -> None:
    value = {"port": 5433, "sslmode": "require"}.get(alias, "x")
    assert validated("database", POSTGRES_OPTIONS, {alias: value})[option] == value


def test_the_environment_fills_what_the_inventory_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "from-environment")
    monkeypatch.setenv("PGPORT", "5433")
    monkeypatch.setenv("VAULT_TOKEN", "hvs.x")
    found = validated("database", POSTGRES_OPTIONS, {"login_user": "me"})
    assert (found["login_host"], found["login_port"], found["login_user"]) == ("from-environment", 5433, "me")
    assert validated("database", POSTGRES_OPTIONS, {"login_host": "mine"})["login_host"] == "mine"
    assert validated("vault", VAULT_OPTIONS, {})["token"] == "hvs.x"


def test_no_variable_of_the_environment_switches_off_the_check_of_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_SKIP_VERIFY", "true")
    assert validated("vault", VAULT_OPTIONS, {})["validate_certs"] is None


def test_options_reach_libpq_under_its_own_names() -> None:
    given = {"login_host": "h", "login_port": 1, "login_user": "u", "login_password": "p", "login_db": "d"}
    found = parameters(
        {**given, "ssl_mode": "require", "ca_cert": None, "connect_params": {"user": "x", "gssencmode": "disable"}}, 4.2
    )
    assert found == {
        "application_name": "hotswap.runbooks",
        "host": "h",
        "port": 1,
        "user": "u",
        "password": "p",
        "dbname": "d",
        "sslmode": "require",
        "gssencmode": "disable",
        "connect_timeout": 5,
    }


def test_a_socket_folder_is_used_instead_of_a_host() -> None:
    assert parameters({"login_host": "h", "login_unix_socket": "/run/pg"}, 0.1)["host"] == "/run/pg"
    assert parameters({}, 0.1)["connect_timeout"] == 2
