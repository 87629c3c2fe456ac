from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from phlo.discovery.distributions import Distribution, installed_distributions, installed_folders, package_folder

if TYPE_CHECKING:
    from tests.unit.discovery.conftest import Site


def only(site: Site) -> Distribution:
    (distribution,) = installed_distributions(site.path)
    return distribution


def test_what_is_read_of_this_environment_is_what_importlib_reads() -> None:
    ours = {
        (group, name, value)
        for distribution in installed_distributions()
        for group, entries in distribution.groups.items()
        for name, value in entries.items()
    }
    theirs = {
        (entry.group, entry.name, entry.value)
        for distribution in importlib.metadata.distributions()
        for entry in distribution.entry_points
    }
    assert ours == theirs
    assert ours


def test_the_first_of_two_distributions_with_one_name_counts(site: Site, other_site: Site) -> None:
    site.add("phlo-lake", {}, entries={"first": "phlo_lake"})
    other_site.add("Phlo.Lake", {}, entries={"second": "phlo_lake"})
    (found,) = installed_distributions([*site.path, *other_site.path])
    assert found.groups == {"phlo.plugins.services": {"first": "phlo_lake"}}


def test_name_version_and_summary_are_those_of_the_metadata(site: Site) -> None:
    site.add("phlo-lake", {})
    found = only(site)
    assert (found.name, found.version, found.summary) == ("phlo-lake", "1.2.0", "All of phlo-lake")


def test_a_development_install_with_egg_info_is_found(site: Site) -> None:
    info = site.folder / "phlo_lake.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Name: phlo-lake\nVersion: 0.3\n")
    (info / "entry_points.txt").write_text("# by hand\n[phlo.plugins.services]\nlake=phlo_lake\n")
    found = only(site)
    assert (found.name, found.version) == ("phlo-lake", "0.3")
    assert found.groups == {"phlo.plugins.services": {"lake": "phlo_lake"}}


def test_folders_that_do_not_exist_or_are_archives_are_passed_over(site: Site, tmp_path: Path) -> None:
    (tmp_path / "python.zip").write_bytes(b"")
    site.add("phlo-lake", {})
    assert len(list(installed_distributions([str(tmp_path / "no"), str(tmp_path / "python.zip"), *site.path]))) == 1


def test_only_folders_that_hold_installed_things_are_watched(site: Site, tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    assert installed_folders([str(tmp_path / "scripts"), *site.path]) == (site.folder,)


EDITABLE = {
    "a path file": ("_phlo_lake.pth", "# the source\nimport nothing_at_all\n{source}\n"),
    "a relative path file": ("_phlo_lake.pth", "../source\n"),
    "setuptools' finder": (
        "__editable___phlo_lake_1_2_0_finder.py",
        "from x import y\nMAPPING: dict[str, str] = {{'phlo_lake': '{source}/phlo_lake'}}\nNAMESPACES = {{}}\n",
    ),
    "an older finder of setuptools": (
        "__editable___phlo_lake_1_2_0_finder.py",
        "MAPPING = {{'phlo_lake': '{source}/phlo_lake'}}\n",
    ),
}


@pytest.mark.parametrize(("name", "text"), EDITABLE.values(), ids=EDITABLE)
def test_an_editable_install_is_found_in_its_source_folder(site: Site, tmp_path: Path, name: str, text: str) -> None:
    source = tmp_path / "source"
    package = site.add("phlo-lake", {}, at=source)
    (site.folder / name).write_text(text.format(source=source))
    found = package_folder("phlo_lake", only(site), site.path)
    assert found is not None
    assert found.samefile(package)


def test_a_folder_of_the_same_name_elsewhere_on_the_path_is_not_taken_for_the_package(
    site: Site, tmp_path: Path
) -> None:
    package = site.add("phlo-lake", {})
    (tmp_path / "work" / "phlo_lake").mkdir(parents=True)
    assert package_folder("phlo_lake", only(site), [str(tmp_path / "work"), *site.path]) == package


def test_a_package_that_no_file_tells_of_is_found_by_the_active_finders(site: Site) -> None:
    site.add("phlo-lake", {})
    found = package_folder("importlib", only(site))
    assert found is not None
    assert (found / "metadata").is_dir()


def test_a_broken_finder_module_is_passed_over(site: Site) -> None:
    site.add("phlo-lake", {}, at=site.folder / "elsewhere")
    (site.folder / "__editable___phlo_lake_finder.py").write_text("MAPPING = {open('x')}\n")
    assert package_folder("phlo_lake", only(site), site.path) is None
