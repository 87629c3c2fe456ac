"""Roles and a phlo.yaml to resolve, as the tests of configuration have them."""

from tests.unit.config.conftest import workplace as workplace
