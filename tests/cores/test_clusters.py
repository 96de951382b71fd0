"""Which cluster a module speaks to, and with which credentials, whichever way it runs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from loopback import LoopbackServer, answer, serving

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NAMED, FORGOTTEN = "t0ken-of-the-inventory", "t0ken-of-the-environment"


def refuse(request: BaseHTTPRequestHandler) -> None:
    """A server, or a proxy before it, that quotes the credentials it does not like."""
    told = {"kind": "Status", "code": 403, "message": f"no entry with {request.headers.get('Authorization')}"}
    answer(json.dumps(told), status=403, kind="application/json")(request)


@contextmanager
def clusters() -> Iterator[tuple[LoopbackServer, LoopbackServer]]:
    with serving(refuse) as named, serving(refuse) as forgotten:
        yield named, forgotten


def kubeconfig(server: str) -> dict:
    return {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": NAMED}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }


def play(core: Path, folder: Path, forgotten: str, **variables: object) -> str:
    """The results, and everything that was printed, as one text."""
    local = {"ansible_connection": "local"}
    hosts = {"here": local, "elsewhere": {"ansible_connection": "example.machinery.elsewhere"}}
    python = {"ansible_python_interpreter": str(core / "python")}
    inventory, results = folder / "inventory.yml", folder / "results.json"
    inventory.write_text(json.dumps({"all": {"vars": python, "hosts": hosts}}))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("K8S_AUTH_", "KUBE"))}
    environment = {
        **kept,
        "ANSIBLE_COLLECTIONS_PATH": f"{ROOT / 'playbooks/collections'}:{HERE / 'collections'}",
        "PATH": f"{core}:{os.environ['PATH']}",
        "HOME": str(folder),
        "K8S_AUTH_HOST": forgotten,
        "K8S_AUTH_API_KEY": FORGOTTEN,
    }
    given = folder / "variables.json"
    given.write_text(json.dumps({**variables, "results_file": str(results)}))
    ran = subprocess.run(
        [core / "ansible-playbook", HERE / "clusters.yml", "-i", inventory, "-e", f"@{given}"],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return results.read_text() + ran.stdout + ran.stderr


@pytest.mark.parametrize("given", ["file", "content", "text"])
def test_a_cluster_that_is_named_is_not_exchanged_for_the_environments(core, tmp_path, given):
    with clusters() as (named, forgotten):
        content = kubeconfig(named.url)
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(content))
        # A leading space keeps Ansible from making a dictionary of the text.
        forms = {"file": str(path), "content": content, "text": f" \n{json.dumps(content)}"}
        told = play(core, tmp_path, forgotten.url, kubeconfig=forms[given])
    assert forgotten.requests == []
    assert {headers.get("Authorization") for headers in named.headers} == {f"Bearer {NAMED}"}
    assert "no entry with" in told
    assert FORGOTTEN not in told
    if given != "file":
        assert NAMED not in told


def test_without_a_name_the_environments_cluster_is_asked_and_its_credentials_stay_hidden(core, tmp_path):
    with clusters() as (named, forgotten):
        told = play(core, tmp_path, forgotten.url)
    assert named.requests == []
    assert {headers.get("Authorization") for headers in forgotten.headers} == {f"Bearer {FORGOTTEN}"}
    assert "no entry with" in told
    assert FORGOTTEN not in told
