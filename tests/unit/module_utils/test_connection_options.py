"""The PostgreSQL and Vault options: named as people know them, documented as they are."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.hotswap.runbooks.plugins.doc_fragments.postgres import ModuleDocFragment as PostgresDoc
from ansible_collections.hotswap.runbooks.plugins.doc_fragments.vault import ModuleDocFragment as VaultDoc
from ansible_collections.hotswap.runbooks.plugins.module_utils.postgres import parameters
from ansible_collections.hotswap.runbooks.plugins.module_utils.postgres_options import POSTGRES_OPTIONS, with_server
from ansible_collections.hotswap.runbooks.plugins.module_utils.vault import node_urls
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
    monkeypatch.setenv("PGUSER", "me")
    monkeypatch.setenv("PGPASSWORD", "pw")
    monkeypatch.setenv("VAULT_TOKEN", "hvs.x")
    found = validated("database", POSTGRES_OPTIONS, {"login_host": "h"})
    assert (found["login_user"], found["login_password"]) == ("me", "pw")
    assert validated("database", POSTGRES_OPTIONS, {"login_user": "mine"})["login_user"] == "mine"
    assert validated("vault", VAULT_OPTIONS, {})["token"] == "hvs.x"


PG = {"PGHOST": "forgotten", "PGPORT": "6543"}


def test_the_environment_names_the_server_where_nothing_else_does() -> None:
    assert with_server({"login_user": "me"}, PG) == {
        "login_host": "forgotten",
        "login_port": "6543",
        "login_user": "me",
    }
    assert with_server({"login_port": 5433}, PG)["login_port"] == 5433
    assert with_server({}, {}) == {}


@pytest.mark.parametrize(
    "named",
    [
        {"login_host": "h"},
        {"login_unix_socket": "/run/pg"},
        *({"connect_params": {parameter: "x"}} for parameter in ("host", "hostaddr", "service", "dsn")),
    ],
)
def test_a_server_that_is_named_is_not_exchanged_for_the_environments(named: dict[str, Any]) -> None:
    assert with_server(named, PG) == named


def test_libpq_does_not_complete_a_named_server_from_the_environment() -> None:
    for named in ({"login_host": "h"}, {"login_unix_socket": "/run/pg"}, {"connect_params": {"host": "h"}}):
        found = parameters(named, 4)
        assert (found["port"], found["hostaddr"]) == (5432, "")
    own = parameters({"login_host": "h", "connect_params": {"hostaddr": "10.0.0.1", "port": 1}}, 4)
    assert (own["port"], own["hostaddr"]) == (1, "10.0.0.1")
    # A service brings its own, which these would win over.
    assert "port" not in parameters({"connect_params": {"service": "prod"}}, 4)


def test_the_environment_does_not_lead_to_another_vault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_ADDR", "https://forgotten")
    assert node_urls(validated("vault", VAULT_OPTIONS, {"urls": ["https://v"]})) == ["https://v"]
    assert node_urls(validated("vault", VAULT_OPTIONS, {"url": "https://v"})) == ["https://v"]
    assert node_urls(validated("vault", VAULT_OPTIONS, {})) == ["https://forgotten"]


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
        "hostaddr": "",
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
