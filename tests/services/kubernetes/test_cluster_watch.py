"""Watching a real API server: gaps are closed by listing again, and silence never passes for success."""

import threading
import time
import uuid

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Denied, TimedOut
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import CONFIG_MAPS, PODS

pytestmark = pytest.mark.services


def write(client, namespace, name, text):
    client.update(CONFIG_MAPS, name, namespace, lambda live: {"data": {"text": text}})


@pytest.fixture
def watched(client, namespace):
    name = f"watched-{uuid.uuid4().hex[:8]}"
    client.create(CONFIG_MAPS, {"metadata": {"name": name, "labels": {"set": name}}, "data": {"text": "0"}}, namespace)
    return name


def test_an_object_is_seen_as_it_is_and_as_it_changes(client, namespace, watched):
    seen = []
    for event in client.watch(CONFIG_MAPS, namespace, name=watched):
        seen.append((event.type, event.object["data"]["text"]))
        if len(seen) == 1:
            threading.Timer(0.2, write, (client, namespace, watched, "1")).start()
        if len(seen) == 2:
            threading.Timer(0.2, client.delete, (CONFIG_MAPS, watched, namespace)).start()
        if len(seen) == 3:
            break
    assert seen == [("LISTED", "0"), ("MODIFIED", "1"), ("DELETED", "1")]


def test_row_6_a_state_that_is_too_old_is_listed_again(client, through, proxy, namespace, watched):
    proxy.next("watch=true", status=410, reason="Expired")
    events = through().watch(CONFIG_MAPS, namespace, name=watched)
    assert next(events).object["data"]["text"] == "0"
    write(client, namespace, watched, "1")
    again = next(events)
    assert (again.type, again.object["data"]["text"]) == ("LISTED", "1")
    events.close()


def test_row_6_an_error_event_in_the_stream_lists_again(client, through, proxy, namespace, watched):
    gone = b'{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}\n'
    proxy.next("watch=true", body=gone)
    events = through().watch(CONFIG_MAPS, namespace, name=watched)
    assert [next(events).type, next(events).type] == ["LISTED", "LISTED"]
    events.close()


def test_row_6_a_stream_that_is_cut_goes_on_and_reports_what_vanished(client, through, proxy, namespace, watched):
    def vanish():
        client.delete(CONFIG_MAPS, watched, namespace)

    other = f"{watched}-b"
    labels = {"set": watched}
    client.create(CONFIG_MAPS, {"metadata": {"name": other, "labels": labels}, "data": {"text": "b"}}, namespace)
    events = through().watch(CONFIG_MAPS, namespace, label_selector=f"set={watched}")
    assert {next(events).object["metadata"]["name"] for _ in range(2)} == {watched, other}
    proxy.next("watch=true", cut=30, meanwhile=lambda: write(client, namespace, other, "c"))
    proxy.next("GET (?!.*watch=true)", meanwhile=vanish)
    rest = [next(events) for _ in range(2)]
    assert [(event.type, event.object["metadata"]["name"]) for event in rest] == [
        ("DELETED", watched),
        ("LISTED", other),
    ]
    assert rest[1].object["data"]["text"] == "c"
    events.close()


def test_row_6_a_silent_stream_is_asked_again(through, proxy, namespace, watched):
    proxy.next("watch=true", delay=30)
    started = time.monotonic()
    events = through().watch(CONFIG_MAPS, namespace, name=watched, silence_s=0.5)
    assert [next(events).type, next(events).type] == ["LISTED", "LISTED"]
    assert time.monotonic() - started < 3
    events.close()


def test_silence_until_the_deadline_is_a_timeout_not_an_end(through, namespace, watched):
    events = through(1.5).watch(CONFIG_MAPS, namespace, name=watched)
    with pytest.raises(TimedOut, match="watching configmaps"):
        assert {event.type for event in events} == set()


def test_a_watch_that_is_not_allowed_says_so(nobody, namespace):
    with pytest.raises(Denied, match="list pods"):
        next(nobody.watch(PODS, namespace))
