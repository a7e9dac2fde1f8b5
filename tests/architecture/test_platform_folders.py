"""One platform is one folder, registered in one line; nobody else knows what is in it."""

import pytest

from gateway.domain.vocabulary import Capability, PlatformKey
from gateway.platforms.registry import REGISTRY, RegisteredPlatform
from tests.architecture.sources import ROOT, imported_by, is_in, modules, name_of

PLATFORMS = ROOT / "gateway" / "platforms"
REQUIRED = {
    *("__init__.py", "settings.py", "protocol.py", "wire.py"),
    *("normalise.py", "client.py", "platform.py", "sandbox.py"),
}

entries = pytest.mark.parametrize("entry", REGISTRY, ids=lambda entry: entry.profile.name)


def package_of(entry: RegisteredPlatform) -> str:
    return entry.settings_type.__module__.rpartition(".")[0]


def test_every_platform_of_the_graph_is_registered_once() -> None:
    assert [entry.profile.key for entry in REGISTRY] == list(PlatformKey)


def test_every_folder_is_a_registered_platform() -> None:
    folders = {module.parent for module in modules("gateway/platforms")} - {PLATFORMS}
    assert {f"gateway.platforms.{folder.name}" for folder in folders} == set(map(package_of, REGISTRY))


@entries
def test_every_platform_has_the_same_files(entry: RegisteredPlatform) -> None:
    names = {module.name for module in modules(package_of(entry).replace(".", "/"))}
    assert REQUIRED - names == set()


@entries
def test_a_platform_knows_no_other_platform(entry: RegisteredPlatform) -> None:
    others = [package_of(other) for other in REGISTRY if other is not entry]
    strangers = {
        f"{name_of(module)} imports {name}"
        for module in modules(package_of(entry).replace(".", "/"))
        for name in imported_by(module)
        if any(is_in(name, other) for other in others)
    }
    assert strangers == set()


def test_only_the_registry_knows_the_platforms_by_name() -> None:
    packages = [package_of(entry) for entry in REGISTRY]
    outside = [module for module in modules() if module.parent.parent != PLATFORMS]
    knowing = {
        name_of(module)
        for module in outside
        for name in imported_by(module)
        if any(is_in(name, package) for package in packages)
    }
    assert knowing == {"gateway/platforms/registry.py"}


@entries
def test_a_platform_that_cannot_list_projects_is_told_them_in_its_settings(entry: RegisteredPlatform) -> None:
    # `accessgraph doctor` sends people to this setting.
    lists = Capability.LIST_PROJECTS in entry.profile.capabilities
    assert lists or "project_ids" in entry.settings_type.model_fields
