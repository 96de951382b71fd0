"""The service's objects fit together and fit the stand-in."""

from __future__ import annotations

import copy

from hotswap_runbooks.gameday import manifests
from hotswap_runbooks.gameday.service import kubelet

DOCUMENTS = {document["kind"]: document for document in manifests.documents("service.yaml", {})}


def test_the_earlier_release_differs_from_the_current_one_in_its_image_only() -> None:
    current = DOCUMENTS["Deployment"]["spec"]["template"]
    earlier = copy.deepcopy(DOCUMENTS["ReplicaSet"]["spec"]["template"])
    earlier["metadata"]["labels"].pop("pod-template-hash")
    assert earlier["spec"]["containers"][0]["image"] == "hotswap-api:0.9"
    earlier["spec"]["containers"][0]["image"] = "hotswap-api:1"
    assert earlier == current


def test_the_deployment_can_adopt_the_earlier_release() -> None:
    wanted = DOCUMENTS["Deployment"]["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= DOCUMENTS["ReplicaSet"]["metadata"]["labels"].items()


def test_the_stand_in_plays_the_pods_by_these_names() -> None:
    template = DOCUMENTS["Deployment"]["spec"]["template"]
    assert template["metadata"]["labels"]["sim/probe"] == "external"
    assert template["spec"]["containers"][0]["name"] == kubelet.CONTAINER
    assert DOCUMENTS["ConfigMap"]["metadata"]["name"] == kubelet.SETTINGS


def test_a_rollout_takes_no_serving_pod_away() -> None:
    assert DOCUMENTS["Deployment"]["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
