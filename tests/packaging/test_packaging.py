"""What is shipped is complete, and works where nothing of the checkout is in reach."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import jinja2
import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
PLAYBOOKS = sorted(path.name for path in (ROOT / "playbooks").glob("*.yml"))
FILTERS = sorted(path.stem for path in (ROOT / "plugins/filter").glob("*.yml"))
ROLES = sorted(path.parent.name for path in ROOT.glob("roles/*/tasks"))


def run(*words, cwd, **environment):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    path = f"{PROGRAMS}{os.pathsep}{kept['PATH']}"
    return subprocess.run(
        words, cwd=cwd, env={**kept, "PATH": path, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The built collection, installed into a folder of its own."""
    folder = tmp_path_factory.mktemp("installed")
    built = run("ansible-galaxy", "collection", "build", str(ROOT), "--output-path", str(folder), cwd=folder)
    assert built.returncode == 0, built.stderr
    archive = next(folder.glob("hotswap-runbooks-*.tar.gz"))
    done = run("ansible-galaxy", "collection", "install", "--force", str(archive), "-p", str(folder), cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Built from the source archive, so that both are complete."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT), cwd=folder)
    assert built.returncode == 0, built.stdout + built.stderr
    return next(folder.glob("*.whl"))


def test_the_installed_collection_has_no_links_back_into_the_checkout(installed):
    tree = installed / "ansible_collections/hotswap/runbooks"
    assert not [path for path in tree.rglob("*") if path.is_symlink()]
    assert not (tree / "playbooks/collections").exists()
    assert not (tree / "tests").exists()


def test_the_installed_collection_runs_by_its_full_name(installed, tmp_path):
    ran = run(
        "ansible-playbook",
        "hotswap.runbooks.triage",
        "-i",
        "nothing-known,",
        cwd=tmp_path,
        ANSIBLE_COLLECTIONS_PATH=str(installed),
        ANSIBLE_COLLECTIONS_SCAN_SYS_PATH="false",
    )
    assert ran.returncode == 2
    assert "Nothing is known about the service 'nothing-known'" in ran.stdout


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_playbook_runs_from_a_plain_checkout_in_any_directory(playbook, tmp_path):
    ran = run("ansible-playbook", str(ROOT / "playbooks" / playbook), "--syntax-check", "-i", "a,", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr


def test_the_wheel_carries_the_whole_collection(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    prefix = "ansible_collections/hotswap/runbooks"
    expected = {f"{prefix}/galaxy.yml", f"{prefix}/meta/runtime.yml"}
    expected |= {f"{prefix}/playbooks/{playbook}" for playbook in PLAYBOOKS}
    for folder in ("docs", "inventories", "plugins", "roles"):
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        expected |= {f"{prefix}/{path.relative_to(ROOT)}" for path in files}
    assert expected <= names


def test_both_ways_to_install_ask_for_the_same_packages():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert {line for line in lines if not line.startswith("#")} <= set(declared)


def test_the_wheel_carries_the_data_of_the_practice_environment(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src/hotswap_runbooks"
    hidden = ("__pycache__", ".mypy_cache", ".ruff_cache")
    files = [path for path in package.rglob("*") if path.is_file() and not set(hidden) & set(path.parts)]
    assert {str(path.relative_to(ROOT / "src")) for path in files} <= names


@pytest.mark.parametrize("module", MODULES)
def test_every_module_runs_directly_and_is_documented(module, tmp_path):
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    assert runtime["plugin_routing"]["action"][module] == {"redirect": "hotswap.runbooks.direct"}
    assert module in runtime["action_groups"]["kubernetes"]
    shown = run(
        "ansible-doc",
        "--json",
        f"hotswap.runbooks.{module}",
        cwd=tmp_path,
        ANSIBLE_COLLECTIONS_PATH=str(ROOT / "playbooks/collections"),
    )
    assert shown.returncode == 0, shown.stderr
    entry = json.loads(shown.stdout)[f"hotswap.runbooks.{module}"]
    assert entry["examples"]
    assert entry["return"]
    assert {"check_mode", "diff_mode", "idempotent"} <= set(entry["doc"]["attributes"])


@pytest.mark.parametrize("module", MODULES)
def test_documentation_and_specification_of_a_module_agree(module, tmp_path):
    shown = run(
        "ansible-doc",
        "--json",
        f"hotswap.runbooks.{module}",
        cwd=tmp_path,
        ANSIBLE_COLLECTIONS_PATH=str(ROOT / "playbooks/collections"),
    )
    documented = json.loads(shown.stdout)[f"hotswap.runbooks.{module}"]["doc"]["options"]
    code = __import__(f"ansible_collections.hotswap.runbooks.plugins.modules.{module}", fromlist=["SPEC"])
    compare(code.SPEC.argument_spec(), documented, module)


def compare(specified, documented, where):
    assert set(specified) == set(documented), where
    for name, option in specified.items():
        told = documented[name]
        assert option.get("type", "str") == told.get("type", "str"), f"{where}.{name}"
        assert option.get("required", False) == told.get("required", False), f"{where}.{name}"
        assert sorted(option.get("aliases", [])) == sorted(told.get("aliases", [])), f"{where}.{name}"
        assert option.get("choices") == told.get("choices"), f"{where}.{name}"
        assert option.get("default") == told.get("default"), f"{where}.{name}"
        if "options" in option:
            compare(option["options"], told["suboptions"], f"{where}.{name}")


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_is_documented(name, tmp_path):
    shown = run(
        "ansible-doc",
        "-t",
        "filter",
        "--json",
        f"hotswap.runbooks.{name}",
        cwd=tmp_path,
        ANSIBLE_COLLECTIONS_PATH=str(ROOT / "playbooks/collections"),
    )
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)[f"hotswap.runbooks.{name}"]["examples"]


def test_every_filter_has_its_documentation():
    loaded = set()
    for path in (ROOT / "plugins/filter").glob("*.py"):
        code = __import__(f"ansible_collections.hotswap.runbooks.plugins.filter.{path.stem}", fromlist=["FilterModule"])
        loaded |= set(code.FilterModule().filters())
    assert loaded == set(FILTERS)


@pytest.mark.parametrize("role", ROLES)
def test_every_role_describes_its_variables_and_has_a_readme(role):
    described = yaml.safe_load((ROOT / "roles" / role / "meta/argument_specs.yml").read_text())
    assert described["argument_specs"]["main"]["short_description"]
    assert (ROOT / "roles" / role / "README.md").read_text().startswith(f"# {role}")
    defaults = ROOT / "roles" / role / "defaults/main.yml"
    if defaults.exists():
        options = described["argument_specs"]["main"]["options"]
        assert set(yaml.safe_load(defaults.read_text())) <= set(options)


# What Ansible brings along in every play.
MAGIC = re.compile(r"ansible_\w+|groups|hostvars|inventory_hostname|item|lookup|omit|playbook_dir")
EXPRESSIONS = ("when", "failed_when", "changed_when", "until")


def variables(node, key=""):
    """The names that tasks read, and those that they make themselves."""
    if isinstance(node, str):
        tree = jinja2.Environment(autoescape=True).parse(f"{{{{ {node} }}}}" if key in EXPRESSIONS else node)
        names = list(tree.find_all(jinja2.nodes.Name))
        return {name.name for name in names if name.ctx == "load"}, {name.name for name in names if name.ctx != "load"}
    read, made = set(), set()
    if isinstance(node, dict):
        made = {node.get("register"), *(node.get("vars") or {}), *(node.get("ansible.builtin.set_fact") or {})}
        inner = list(node.items())
    else:
        inner = [(key, item) for item in node] if isinstance(node, list) else []
    for name, child in inner:
        read_below, made_below = variables(child, name)
        read, made = read | read_below, made | made_below
    return read, made


@pytest.mark.parametrize("role", ROLES)
def test_the_variables_of_a_role_are_those_that_its_tasks_read(role):
    folder = ROOT / "roles" / role
    options = yaml.safe_load((folder / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    read, made = variables([yaml.safe_load(path.read_text()) for path in (folder / "tasks").glob("*.yml")])
    read = {name for name in read - made if not MAGIC.fullmatch(name)}
    assert read <= set(options)
    # What a role hands on to those it includes it does not read itself.
    handed_on = {"resources_memory_max"} if role == "mitigate" else set()
    assert set(options) - read == handed_on


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_of_a_role_names_its_variables_and_the_defaults_are_the_documented_ones(role):
    folder = ROOT / "roles" / role
    options = yaml.safe_load((folder / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    readme = (folder / "README.md").read_text()
    of_the_service = "`service_*`" in readme
    assert [
        name for name in options if f"`{name}`" not in readme and not (of_the_service and name.startswith("service_"))
    ] == []
    defaults = folder / "defaults/main.yml"
    told = yaml.safe_load(defaults.read_text()) if defaults.exists() else {}
    assert {name: options[name].get("default") for name in told} == told
