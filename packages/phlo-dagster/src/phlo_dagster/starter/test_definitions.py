"""Tests of the pipeline with a lake in a temporary folder.

Run them in the container that has the pipeline's libraries:
    phlo exec dagster-code python -m unittest workflows.test_definitions
"""

import unittest
from tempfile import TemporaryDirectory
from unittest import mock

from pyiceberg.catalog.sql import SqlCatalog
from workflows import definitions


class PipelineTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = self.enterContext(TemporaryDirectory())
        self.lake = SqlCatalog("lake", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
        self.addCleanup(self.lake.close)
        self.enterContext(mock.patch.object(definitions, "load_catalog", return_value=self.lake))

    def test_the_table_has_a_row_for_each_city(self) -> None:
        definitions.temperatures()
        rows = self.lake.load_table("weather.temperatures").scan().to_arrow()
        assert rows["city"].to_pylist() == definitions.ROWS["city"]

    def test_a_second_run_replaces_the_rows(self) -> None:
        definitions.temperatures()
        definitions.temperatures()
        assert self.lake.load_table("weather.temperatures").scan().count() == len(definitions.ROWS["city"])

    def test_the_check_passes_for_the_rows(self) -> None:
        definitions.temperatures()
        assert definitions.is_plausible().passed

    def test_the_check_names_a_city_with_an_impossible_temperature(self) -> None:
        with mock.patch.dict(definitions.ROWS, celsius=[4.5, 170.0, 19.5]):
            definitions.temperatures()
        result = definitions.is_plausible()
        assert not result.passed
        assert result.metadata["wrong"].value == ["Rome"]
