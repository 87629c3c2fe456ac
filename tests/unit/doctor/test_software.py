"""What the doctor tells of the software here, and of the variables that steer it."""

from __future__ import annotations

from phlo.discovery.catalog import Catalog, PluginInfo, Problem
from phlo.doctor.result import CheckStatus
from phlo.doctor.software import check_environment, check_packages, check_phlo
from phlo.errors import PackageError


def plugin(distribution: str, version: str, problem: str | None = None) -> PluginInfo:
    return PluginInfo(
        name=distribution, group="phlo.plugins.services", distribution=distribution, version=version, problem=problem
    )


def test_the_version_and_the_folder_of_phlo_are_told() -> None:
    import phlo

    result = check_phlo()
    assert result.text.startswith(f"{phlo.__version__}, in ")
    assert result.data["version"] == phlo.__version__


def test_packages_are_told_by_version() -> None:
    catalog = Catalog(services={}, plugins=(plugin("lake-b", "1.0"), plugin("lake-a", "1.0"), plugin("lake-c", "2.1")))
    (result,) = check_packages(catalog)
    assert result.text == "1.0: lake-a, lake-b; 2.1: lake-c"
    assert result.data == {"lake-a": "1.0", "lake-b": "1.0", "lake-c": "2.1"}


def test_a_package_that_cannot_be_used_is_told_once_with_its_reason() -> None:
    error = PackageError("has no image", where="lake/service.yaml:1", fix='Add "image: NAME".')
    catalog = Catalog(
        services={},
        plugins=(plugin("lake", "1.0", "has no image"), plugin("ops", "1.0", "cannot be imported")),
        problems=(Problem(package="lake", error=error),),
    )
    _, skipped, broken = check_packages(catalog)
    assert (skipped.status, skipped.text, skipped.fix) == (
        CheckStatus.WARN,
        "lake is skipped: lake/service.yaml:1: has no image.",
        'Add "image: NAME".',
    )
    assert broken.text == "ops 1.0: the plug-in ops is skipped: cannot be imported"


def test_variables_that_steer_are_shown_without_secrets() -> None:
    result = check_environment(
        {
            "HOME": "/home/me",
            "DOCKER_HOST": "ssh://ops@data-1",
            "https_proxy": "http://me:hunter22@proxy:3128",
            "PHLO_SECRETS_PASSPHRASE": "hunter22",
            "PHLO_SECRETS_PASSPHRASE_FILE": "/run/pass",
            "DOCKER_AUTH_CONFIG": '{"auths": "hunter22"}',
            "OTEL_EXPORTER_OTLP_HEADERS": "x=hunter22",
        }
    )
    assert "hunter22" not in result.text + repr(result.data)
    assert result.data == {
        "DOCKER_AUTH_CONFIG": "***",
        "DOCKER_HOST": "ssh://ops@data-1",
        "OTEL_EXPORTER_OTLP_HEADERS": "***",
        "PHLO_SECRETS_PASSPHRASE": "***",
        "PHLO_SECRETS_PASSPHRASE_FILE": "/run/pass",
        "https_proxy": "http://***@proxy:3128",
    }
