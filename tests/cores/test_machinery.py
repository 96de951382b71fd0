"""Every module's way from task to result, on each supported ansible-core line."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SECRET = "s3cr\"et/pw'42"
TOKEN = "to\nken"


def play(core: Path, folder: Path, *arguments: str) -> tuple[dict, str]:
    """Run the rehearsal; return the registered results and everything that was printed."""
    inventory = folder / "inventory.yml"
    python = core / "python"
    inventory.write_text(
        json.dumps(
            {
                "all": {
                    "vars": {"ansible_python_interpreter": str(python)},
                    "hosts": {
                        "here": {"ansible_connection": "local"},
                        "elsewhere": {"ansible_connection": "example.machinery.elsewhere"},
                    },
                }
            }
        )
    )
    results = folder / "results.json"
    links = f"{ROOT / 'playbooks/collections'}:{HERE / 'collections'}"
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": links, "ANSIBLE_LOCALHOST_WARNING": "false"}
    environment["PATH"] = f"{core}:{environment['PATH']}"
    ran = subprocess.run(
        [
            core / "ansible-playbook",
            HERE / "rehearse.yml",
            "-i",
            inventory,
            "-e",
            f"results_file={results}",
            *arguments,
        ],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(results.read_text()), ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def rehearsal(core, tmp_path_factory):
    return play(core, tmp_path_factory.mktemp("rehearsal"), "-vvv", "--diff")


@pytest.fixture(scope="module")
def results(rehearsal):
    return rehearsal[0]


@pytest.fixture(scope="module")
def printed(rehearsal):
    return rehearsal[1]


@pytest.fixture(scope="module")
def dry_run(core, tmp_path_factory):
    return play(core, tmp_path_factory.mktemp("dry"), "--check", "--diff")


def test_a_module_runs_inside_the_worker_on_a_local_connection(results):
    """Started as a program, its parent would be a shell and its options would come from a file."""
    processes = {result["parent"] for result in [results["succeeded"], *results["looped"]["results"]]}
    assert len(processes) == 1


def test_a_module_runs_as_a_program_over_another_connection(results):
    assert results["succeeded_elsewhere"]["parent"] != results["succeeded"]["parent"]


@pytest.mark.parametrize("way", ["succeeded_elsewhere", "succeeded_async"])
def test_the_result_is_the_same_whichever_way_the_module_ran(results, way):
    here, other = results["succeeded"], results[way]
    told = ["changed", "summary", "level", "check", "incident", "deadline", "undo", "diff"]
    assert {key: here[key] for key in told} == {key: other[key] for key in told}


def test_a_loop_gives_each_items_own_result(results):
    assert [item["level"] for item in results["looped"]["results"]] == [1, 2, 3]


def test_defaults_of_the_action_group_reach_the_module(results):
    assert results["succeeded"]["incident"] == "inc-7"


def test_the_tasks_environment_fills_fallbacks(results):
    assert results["from_environment"]["level"] == 9


@pytest.mark.parametrize("mistake", ["unknown_option", "missing_option", "broken_constraint"])
def test_validation_errors_read_as_ansibles_own(results, mistake):
    here, own = results[mistake], results[f"{mistake}_elsewhere"]
    assert here["failed"]
    assert here["msg"] == own["msg"]


def test_a_refusal_carries_its_class_and_the_next_step(results):
    refused = results["refused"]
    assert refused["failed"]
    assert refused["msg"] == "There is no level 7. Levels are 1 and 2."
    assert refused["error_class"] == "not_found"
    assert refused["facts"] == {"level": 7}


@pytest.mark.parametrize("way", ["crashed", "crashed_elsewhere"])
def test_an_unexpected_exception_is_a_failure_in_one_sentence(results, way):
    assert results[way]["failed"]
    assert results[way]["msg"].startswith("Unexpected ValueError: could not use '")
    assert results[way]["error_class"] == "unexpected"


def test_secrets_never_appear_in_a_result_or_on_the_screen(results, printed):
    # The registered task input is not ours to strip: Ansible shows a templated task's arguments nowhere here.
    everything = json.dumps(results) + printed
    for secret in (SECRET, TOKEN):
        forms = {
            secret,
            repr(secret)[1:-1],
            json.dumps(secret)[1:-1],
            json.dumps(json.dumps(secret)[1:-1])[1:-1],
            base64.b64encode(secret.encode()).decode(),
        }
        assert not [form for form in forms if form in everything]


def test_the_diff_shows_before_and_after(printed):
    assert '-    "level": 0' in printed
    assert '+    "level": 2' in printed


def test_check_mode_reaches_the_module_and_is_told_by_it(dry_run):
    results, _printed = dry_run
    assert results["succeeded"]["check"] is True
    assert results["succeeded_elsewhere"]["check"] is True
    assert results["succeeded"]["diff"] == {"before": {"level": 0}, "after": {"level": 2}}


def test_progress_is_shown_while_the_module_runs(printed):
    assert "half way" in printed
