"""The maintenance page as its pods serve it: the collection's own manifest, run by a real nginx."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.maintenance_page import (
    CONFIG,
    IMAGE,
    page_manifests,
)
from fault_proxy import wait_until

NOBODY = 65534


@pytest.fixture(scope="session")
def nginx(tmp_path_factory) -> Path:
    """nginx's program: the machine's own, else the one in Debian's package, which is unpacked and not installed."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if found:
        return Path(found)
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        pytest.skip("the page needs nginx: it is not on this machine, which has no Debian packages to take it from")
    folder = tmp_path_factory.mktemp("nginx")
    if not _downloaded(folder) and os.geteuid() == 0:
        subprocess.run(["apt-get", "--quiet", "update"], check=True, stdout=subprocess.DEVNULL)
        assert _downloaded(folder), "Debian's package nginx cannot be had"
    packages = sorted(folder.glob("nginx_*.deb"))
    if not packages:
        pytest.skip("the page needs nginx: it is not on this machine, and only root may look for its Debian package")
    subprocess.run(["dpkg", "--extract", packages[0], folder], check=True)
    # Whoever may not read our folder for temporary files must be able to run it.
    for place in (folder, folder.parent, folder.parent.parent):
        place.chmod(place.stat().st_mode | 0o055)
    return folder / "usr/sbin/nginx"


def _downloaded(folder: Path) -> bool:
    words = ["apt-get", "--quiet", "download", "nginx"]
    return subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode == 0


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture
def page(nginx, tmp_path):
    """The page of a Service with two ports, as its container runs it; these ports."""
    ports = _free_ports(2)
    listed = [{"name": f"p{port}", "port": port, "targetPort": port} for port in ports]
    service = {"metadata": {"name": "api"}, "spec": {"ports": listed}}
    config_map, deployment = page_manifests(service, IMAGE, 120)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    config, scratch = tmp_path / "config", tmp_path / "scratch"
    for place in (config, scratch):
        place.mkdir()
    # What the pod mounts, in folders of our own: the rest is to the letter what the ConfigMap holds.
    text = config_map["data"][CONFIG].replace(f"{mounts['tmp']}/", f"{scratch}/")
    (config / CONFIG).write_text(text)
    words = [word.replace(mounts["config"], str(config)) for word in container["command"]]
    root = os.geteuid() == 0
    if root:
        os.chown(scratch, NOBODY, NOBODY)
        for place in (tmp_path, *list(tmp_path.parents)[:3]):
            place.chmod(place.stat().st_mode | 0o055)
    with (tmp_path / "said").open("wb") as said:
        server = subprocess.Popen(
            [nginx, *words[1:]],
            cwd="/",
            env={},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            **({"user": NOBODY, "group": NOBODY, "extra_groups": []} if root else {}),
        )
    try:
        wait_until(lambda: server.poll() is not None or all(map(_answers, ports)), 20, "the page")
        assert server.poll() is None, (tmp_path / "said").read_text()
        yield ports
    finally:
        server.terminate()
        server.wait(10)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def ask(port, method="GET", path="/", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path, body)
    answer = connection.getresponse()
    content = answer.read().decode()
    connection.close()
    return answer, content


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", "/", None), ("GET", "/api/v1/deployments?page=2", None), ("POST", "/upload", "x" * 2_000_000)],
)
def test_the_page_answers_every_request_with_503_and_says_when_to_come_back(page, method, path, body):
    for port in page:
        answer, content = ask(port, method, path, body)
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "120"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Server"] == "nginx", "its version is nobody's business"
        assert content == "The service is down for maintenance. Please try again later.\n"
