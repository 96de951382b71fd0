"""The report is what its published schema says, whatever the evidence."""

import json
from pathlib import Path

import jsonschema
import pytest
from recorded import NAMES, evidence, report, unread

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "triage-report.schema.json").read_text(encoding="utf-8"))


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", NAMES)
def test_the_report_of_each_fault_fits_the_schema(name):
    found = json.loads(json.dumps(report(evidence(name))))
    jsonschema.validate(found, SCHEMA)
    for source in evidence(name):
        jsonschema.validate(report(evidence(name) | {source: unread()}), SCHEMA)
        skipped = {"status": "skipped", "took_ms": 0, "data": None, "error": None}
        jsonschema.validate(report(evidence(name) | {source: skipped}), SCHEMA)


def test_the_report_of_nothing_fits_the_schema():
    jsonschema.validate(report({}), SCHEMA)


@pytest.mark.parametrize("key", SCHEMA["required"])
def test_a_report_without_a_required_key_does_not_fit(key):
    found = report(evidence("bad_release"))
    del found[key]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, SCHEMA)
