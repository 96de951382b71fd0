"""From options and kubeconfigs to a login; nothing is sent."""

import datetime
import json
import os
import ssl
import stat
import tempfile
import threading
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.hotswap.runbooks.plugins.doc_fragments.kubernetes import ModuleDocFragment
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, Denied, NotFound, TimedOut
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import connection
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import official as official_module
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.connection import connect
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.options import (
    KUBERNETES_OPTIONS,
    connection_options,
    connection_secrets,
    with_connection,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.settings import (
    ENVIRONMENT,
    PROXY_HEADERS,
    settings_from,
)


def content(name="one", server="http://one.example:8080", **user):
    return {
        "apiVersion": "v1",
        "clusters": [{"name": f"{name}-cluster", "cluster": {"server": server}}],
        "users": [{"name": f"{name}-user", "user": user or {"token": f"{name}-token"}}],
        "contexts": [{"name": name, "context": {"cluster": f"{name}-cluster", "user": f"{name}-user"}}],
        "current-context": name,
    }


CA = ssl.DER_cert_to_PEM_cert(ssl.create_default_context().get_ca_certs(binary_form=True)[0])


@pytest.fixture
def write(tmp_path):
    def to_file(name, kubeconfig):
        path = tmp_path / name
        path.write_text(kubeconfig if isinstance(kubeconfig, str) else yaml.safe_dump(kubeconfig))
        return str(path)

    return to_file


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch, tmp_path):
    for name in [*os.environ]:
        if name.startswith(("K8S_AUTH_", "KUBE", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def login(options, seconds=10):
    deadline = Deadline(seconds)
    return connect(options, deadline).transport.session.login(deadline)


def shown(options):
    found = login(options)
    return found.host, found.headers().get("Authorization")


def test_a_kubeconfig_leads_to_its_current_context(write):
    assert shown({"kubeconfig": write("c", content())}) == ("http://one.example:8080", "Bearer one-token")


def test_a_kubeconfig_may_be_given_as_a_dictionary():
    assert shown({"kubeconfig": content()}) == ("http://one.example:8080", "Bearer one-token")


@pytest.mark.parametrize("written", [json.dumps, yaml.safe_dump, lambda content: f"\n {json.dumps(content)}"])
def test_a_kubeconfig_may_be_given_as_text(written):
    assert shown({"kubeconfig": written(content())}) == ("http://one.example:8080", "Bearer one-token")


@pytest.mark.parametrize(
    "text", ["users: [{user: {token: s3cret}}", '{"token": "s3cret"', "token: s3cret\n- x", "['token: s3cret']"]
)
def test_text_that_is_no_kubeconfig_is_refused_without_a_quotation(text):
    with pytest.raises(BadInput) as refused:
        login({"kubeconfig": text})
    assert "The text given as kubeconfig" in refused.value.message
    assert "s3cret" not in str(refused.value.as_result())


def test_of_joined_files_the_first_names_the_context_as_in_kubectl(write):
    joined = os.pathsep.join([write("a", content("one")), write("b", content("two", "http://two.example"))])
    assert shown({"kubeconfig": joined})[0] == "http://one.example:8080"
    assert shown({"kubeconfig": joined, "context": "two"}) == ("http://two.example", "Bearer two-token")


def test_of_joined_files_a_missing_one_is_skipped_as_in_kubectl(write):
    joined = os.pathsep.join(["/does/not/exist", write("b", content("two", "http://two.example"))])
    assert shown({"kubeconfig": joined})[0] == "http://two.example"


def test_the_default_files_are_kubectls(write, monkeypatch, tmp_path):
    (tmp_path / "home" / ".kube").mkdir(parents=True)
    (tmp_path / "home" / ".kube" / "config").write_text(yaml.safe_dump(content("home", "http://home.example")))
    assert shown({})[0] == "http://home.example"
    monkeypatch.setenv("KUBECONFIG", write("c", content("env", "http://env.example")))
    assert shown({})[0] == "http://env.example"
    monkeypatch.setenv("K8S_AUTH_KUBECONFIG", write("d", content("auth", "http://auth.example")))
    assert shown({})[0] == "http://auth.example"
    assert shown({"kubeconfig": write("e", content("given", "http://given.example"))})[0] == "http://given.example"


def test_explicit_options_win_over_the_kubeconfig(write):
    kubeconfig = write("c", content())
    assert shown({"kubeconfig": kubeconfig, "api_key": "mine"}) == ("http://one.example:8080", "Bearer mine")
    assert shown({"kubeconfig": kubeconfig, "host": "http://other.example/"})[0] == "http://other.example"


def test_a_host_with_a_token_needs_no_kubeconfig():
    assert shown({"host": "http://other.example", "api_key": "mine\n"}) == ("http://other.example", "Bearer mine")


def test_basic_authentication_is_sent(write):
    assert shown({"host": "http://a.example", "username": "u", "password": "p"})[1].lower() == "basic dtpw"


def test_a_token_file_is_read_without_its_line_end(write, tmp_path):
    (tmp_path / "token").write_text("from-file\n")
    assert shown({"kubeconfig": write("c", content(tokenFile="token"))})[1] == "Bearer from-file"


def test_the_kubeconfigs_own_impersonation_is_honoured_as_in_kubectl(write):
    user = {"token": "t", "as": "anna", "as-groups": ["a", "b"], "as-uid": "7"}
    headers = login({"kubeconfig": write("c", content(**user))}).headers()
    assert headers["Impersonate-User"] == "anna"
    assert headers.getlist("Impersonate-Group") == ["a", "b"]
    assert headers["Impersonate-Uid"] == "7"


def test_groups_without_a_user_are_refused():
    with pytest.raises(BadInput, match="needs impersonate_user"):
        login({"host": "http://a.example", "api_key": "x", "impersonate_groups": "a,b"})


def test_a_missing_kubeconfig_is_named():
    with pytest.raises(NotFound, match="/does/not/exist"):
        login({"kubeconfig": "/does/not/exist"})


def test_no_kubeconfig_at_all_says_what_to_set():
    with pytest.raises(NotFound) as failure:
        login({})
    assert "K8S_AUTH_KUBECONFIG" in failure.value.hint


def test_row_10_an_unknown_context_lists_those_that_exist(write):
    with pytest.raises(NotFound) as failure:
        login({"kubeconfig": write("c", content("staging")), "context": "production"})
    assert "'production'" in failure.value.message
    assert "staging" in failure.value.hint


@pytest.mark.parametrize("text", ["{", "a: [", "just text", "", "[]", "clusters: 5", "contexts: [{}]", "\x00"])
def test_a_kubeconfig_that_cannot_be_read_is_bad_input(write, text):
    with pytest.raises(BadInput):
        login({"kubeconfig": write("c", text)})


def test_a_context_without_its_cluster_is_bad_input(write):
    broken = content()
    broken["clusters"] = []
    with pytest.raises(BadInput, match="kubeconfig"):
        login({"kubeconfig": write("c", broken)})


@pytest.mark.parametrize("host", ["kubernetes.example:6443", "ftp://a", "https://", "not a url"])
def test_an_address_that_is_none_is_bad_input(host):
    with pytest.raises(BadInput, match="address of an API server"):
        login({"host": host, "api_key": "x"})


def test_certificates_that_cannot_be_used_are_bad_input(write, tmp_path):
    with pytest.raises(BadInput, match="CA certificate"):
        login({"host": "https://a.example", "api_key": "x", "ca_cert": "/does/not/exist"})
    (tmp_path / "garbage").write_text("garbage")
    garbage = str(tmp_path / "garbage")
    with pytest.raises(BadInput, match="client certificate"):
        login({"host": "https://a.example", "client_cert": garbage, "client_key": garbage})


def plugin(tmp_path, script):
    path = tmp_path / "plugin"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(path), "args": None}}


def credential(**status):
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    return f"echo '{json.dumps(answer)}'"


def test_an_exec_plugin_gives_the_token(write, tmp_path):
    user = plugin(tmp_path, credential(token="from-plugin"))
    assert shown({"kubeconfig": write("c", content(**user))})[1] == "Bearer from-plugin"


def test_an_exec_plugin_that_fails_says_so_in_its_own_words(write, tmp_path):
    user = plugin(tmp_path, "echo 'please log in first' >&2; exit 3")
    with pytest.raises(Denied, match="please log in first"):
        login({"kubeconfig": write("c", content(**user))})


def test_an_exec_plugin_that_is_missing_or_answers_nothing_is_denied(write, tmp_path):
    with pytest.raises(Denied, match="not installed"):
        login({"kubeconfig": write("c", content(exec={"apiVersion": "v1", "command": "/no/such/plugin"}))})
    with pytest.raises(Denied, match="neither a token nor a certificate"):
        login({"kubeconfig": write("c", content(**plugin(tmp_path, credential())))})


def test_an_exec_plugin_that_hangs_ends_at_the_deadline(write, tmp_path):
    user = plugin(tmp_path, "exec sleep 30")
    deadline = Deadline(0.5)
    with pytest.raises(TimedOut, match="did not answer"):
        connect({"kubeconfig": write("c", content(**user))}, deadline)
    assert deadline.elapsed() < 1.5


def test_an_expired_plugin_token_is_fetched_again_before_it_is_used(write, tmp_path):
    (tmp_path / "token").write_text("first")
    soon = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=5)).isoformat()
    answer = credential(token="TOKEN", expirationTimestamp=soon)
    user = plugin(tmp_path, f"""{answer} | sed "s/TOKEN/$(cat {tmp_path}/token)/" """)
    deadline = Deadline(10)
    session = connect({"kubeconfig": write("c", content(**user))}, deadline).transport.session
    (tmp_path / "token").write_text("second")
    assert session.login(deadline).headers()["Authorization"] == "Bearer second"


@pytest.mark.parametrize("in_memory", [True, False])
def test_keys_from_a_kubeconfig_do_not_stay_on_disk(write, tmp_path, monkeypatch, key_pair, in_memory):
    folder = tmp_path / "tmp"
    folder.mkdir()
    if in_memory:
        monkeypatch.setattr(connection, "_in_memory", lambda: str(folder))
    else:
        monkeypatch.setattr(connection, "_in_memory", lambda: None)
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
    cert, key = key_pair
    user = {"client-certificate-data": cert, "client-key-data": key}
    kubeconfig = write("c", content(server="https://127.0.0.1:1", **user))
    found = []
    threads = [threading.Thread(target=lambda: found.append(login({"kubeconfig": kubeconfig}))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert list(folder.iterdir()) == []


@pytest.fixture
def key_pair():
    """A self-signed certificate and its key, as a kubeconfig carries them."""
    import base64

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "anna")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    texts = made.sign(key, hashes.SHA256()).public_bytes(pem), key.private_bytes(pem, *plain)
    return tuple(base64.b64encode(text).decode() for text in texts)


def test_aliases_and_environment_complete_the_options():
    given = settings_from({"verify_ssl": "no", "ssl_ca_cert": "/ca"}, {"K8S_AUTH_CONTEXT": "staging"})
    assert given == {"validate_certs": False, "ca_cert": "/ca", "context": "staging"}
    assert settings_from({"context": "given"}, {"K8S_AUTH_CONTEXT": "staging"}) == {"context": "given"}


def test_row_10_a_forgotten_variable_does_not_lead_a_named_cluster_elsewhere():
    environ = {"K8S_AUTH_HOST": "https://production.example", "K8S_AUTH_API_KEY": "key"}
    assert settings_from({"kubeconfig": "/staging"}, environ) == {"kubeconfig": "/staging"}


@pytest.mark.parametrize("named", [{"kubeconfig": "/staging"}, {"context": "staging"}, {"host": "http://staging"}])
def test_a_module_whose_options_name_a_cluster_takes_nothing_from_the_environment(monkeypatch, named):
    for variable in [*ENVIRONMENT.values(), *PROXY_HEADERS.values()]:
        monkeypatch.setenv(variable, "forgotten")
    options = ArgumentSpecValidator(KUBERNETES_OPTIONS).validate(named).validated_parameters
    assert connection_options(options) == named
    assert connection_secrets(options) == set()
    assert {name: value for name, value in with_connection(options).items() if value is not None} == named


def test_a_module_whose_options_name_no_cluster_takes_the_environments(monkeypatch):
    monkeypatch.setenv("K8S_AUTH_HOST", "http://staging")
    monkeypatch.setenv("K8S_AUTH_API_KEY", "k3y")
    monkeypatch.setenv("K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH", "bob:p4ss")
    monkeypatch.setenv("K8S_AUTH_VERIFY_SSL", "no")
    options = ArgumentSpecValidator(KUBERNETES_OPTIONS).validate({"validate_certs": True}).validated_parameters
    assert connection_options(options) == {
        "host": "http://staging",
        "api_key": "k3y",
        "proxy_headers": {"proxy_basic_auth": "bob:p4ss"},
        "validate_certs": True,
    }
    assert connection_secrets(options) == {"k3y", "bob:p4ss"}


def test_a_variable_that_cannot_be_meant_still_hides_its_neighbours(monkeypatch):
    monkeypatch.setenv("K8S_AUTH_VERIFY_SSL", "perhaps")
    monkeypatch.setenv("K8S_AUTH_API_KEY", "k3y")
    with pytest.raises(BadInput, match="perhaps"):
        with_connection({"kubeconfig": None})
    assert connection_secrets({"kubeconfig": None}) == {"k3y"}


def test_an_unknown_option_is_refused():
    with pytest.raises(BadInput, match="kubeconfi"):
        settings_from({"kubeconfi": "/x"}, {})
    with pytest.raises(BadInput, match="neither yes nor no"):
        settings_from({"validate_certs": "perhaps"}, {})


def test_the_documentation_and_the_options_say_the_same():
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert set(documented) == set(KUBERNETES_OPTIONS)
    for name, option in KUBERNETES_OPTIONS.items():
        for word in ("type", "aliases", "elements"):
            assert documented[name].get(word) == option.get(word), (name, word)
        assert "fallback" not in option
        if name in ENVIRONMENT:
            assert f"E({ENVIRONMENT[name]})" in str(documented[name]["description"])


def test_secrets_are_marked_as_such_and_paths_are_not():
    assert KUBERNETES_OPTIONS["api_key"]["no_log"]
    assert KUBERNETES_OPTIONS["password"]["no_log"]
    assert KUBERNETES_OPTIONS["client_key"]["no_log"] is False


def test_only_given_connection_options_are_handed_on():
    assert connection_options({"host": "h", "api_key": None, "namespace": "n"}) == {"host": "h"}


def test_a_missing_official_client_says_how_to_get_it(monkeypatch):
    import sys

    from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition

    official_module._load.cache_clear()
    monkeypatch.setitem(sys.modules, "kubernetes.config.kube_config", None)
    try:
        with pytest.raises(Precondition, match="'kubernetes' cannot be imported") as failure:
            login({"host": "http://a.example", "api_key": "x"})
        assert "pip install" in failure.value.hint
    finally:
        official_module._load.cache_clear()


def test_nothing_of_a_login_shows_its_secrets(write):
    found = login({"kubeconfig": write("c", content(token="very-secret"))})
    assert "very-secret" not in repr(found)
    assert Path(found.host)


def test_inside_a_pod_its_service_account_is_used(monkeypatch, tmp_path):
    classes = official_module.official()
    (tmp_path / "token").write_text("of-the-pod\n")
    (tmp_path / "ca.crt").write_text(CA)
    monkeypatch.setattr(classes.incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(classes.incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    assert shown({}) == ("https://10.0.0.1:443", "bearer of-the-pod")
    (tmp_path / "token").unlink()
    with pytest.raises(BadInput, match="token"):
        login({})
