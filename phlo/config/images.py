"""Where a service's image comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from phlo.compose.interpolate import interpolate_all
from phlo.config.containers import Container
from phlo.config.files import ContainerFiles
from phlo.config.layers import Variables
from phlo.config.project_file import ProjectFile
from phlo.errors import ConfigError
from phlo.frozen import dataclass, field, replace
from phlo.image_source import BuildRecipe, BuildSettings, ImagePolicy, ImageRegistry, ImageSource
from phlo.values import Secret, Text, reveal


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Decides for each service.

    policy:  the project's. written: files that phlo writes before it builds.
    built:   image -> the service of the project that builds it, for services that only name the image.
    registries: those that phlo.yaml names. files: reads the secrets of builds.
    """

    project: str
    file: ProjectFile
    variables: Variables
    policy: ImagePolicy
    written: Mapping[Path, bytes]
    built: Mapping[str, Container] = field(default_factory=dict)
    registries: tuple[ImageRegistry, ...] = ()
    files: ContainerFiles | None = None

    def of(self, container: Container) -> ImageSource:
        """Raises ConfigError when the service's own `image_source` cannot be followed."""
        compose = container.compose
        is_users_image = container.is_users("image")
        is_users_build = container.is_users("build") and container.is_users("build", "context")
        # An image that phlo.yaml names is not built from the role's recipe, nor the other way round.
        reference = None if is_users_build and not is_users_image else compose.image
        recipe = None if is_users_image and not is_users_build else self._recipe(container)
        policy = self._policy(container, reference, recipe)
        if reference is not None and recipe is not None and not (is_users_image or is_users_build):
            # Of a role with both, the recipe's image is the product.
            reference, recipe = (reference, None) if policy is ImagePolicy.UPSTREAM else (None, recipe)
        if recipe is None and reference is not None and reference in self.built:
            recipe = self._recipe(self.built[reference])
        return ImageSource(
            reference=reference,
            recipe=recipe,
            policy=ImagePolicy.AUTO if policy is ImagePolicy.UPSTREAM and reference is None else policy,
            registries=self.registries,
            platform=self._platform(container) if recipe is not None else compose.platform,
            pull_policy=compose.pull_policy,
        )

    def _policy(self, container: Container, reference: str | None, recipe: BuildRecipe | None) -> ImagePolicy:
        name = container.definition.name
        override = self.file.config.services.overrides().get(name)
        wanted = override.image_source if override else None
        where = self.file.document.where("services", name, "image_source")
        if wanted == "build" and recipe is None:
            raise ConfigError(f'there is nothing to build "{name}" from', where=where, fix="Write build, or pull.")
        has_published = recipe is not None and any(registry.mirrors is None for registry in self.registries)
        if wanted == "pull" and reference is None and not has_published:
            fix = "Write image, or name a registry under registries."
            raise ConfigError(f'there is no image of "{name}" to pull', where=where, fix=fix)
        if wanted == "upstream" and reference is None:
            raise ConfigError(f'"{name}" has no image of upstream', where=where, fix="Write image, or auto.")
        return ImagePolicy(wanted) if wanted else self.policy

    def _recipe(self, container: Container) -> BuildRecipe | None:
        build = container.compose.build
        if build is None:
            return None
        definition = container.definition
        args: dict[str, Text] = {}
        for name, value in build.args.items():
            text = self.variables.text(name, definition.name) if value is None else value
            if text is not None:
                args[name] = text
        is_ours = definition.kind != "inline" and not container.is_users("build", "context")
        version = definition.version or definition.package_version or "local"
        owner = "phlo" if is_ours else repository_part(self.project)
        called = (build.name if is_ours else None) or definition.name
        return BuildRecipe(
            name=f"{owner}/{repository_part(called)}:{re.sub(r'[^A-Za-z0-9_.-]', '-', version)}",
            context=build.context,
            dockerfile=build.dockerfile,
            args=args,
            target=build.target,
            base=build.base,
            has_guard=build.guard,
            settings=self._with_secrets(build.settings, container),
            written=self.written,
        )

    def _with_secrets(self, settings: BuildSettings, container: Container) -> BuildSettings:
        if not settings.secrets or self.files is None:
            return settings
        where = container.merged.where("build", "secrets")
        read = (
            replace(one, content=self.files.content("secrets", one.source, where=where)) for one in settings.secrets
        )
        return replace(settings, secrets=tuple(read))

    def _platform(self, container: Container) -> str | None:
        """The platform that a service's image is built for, None for that of its engine."""
        wanted, build = container.compose.platform, container.compose.build
        known = build.settings.platforms if build is not None else ()
        if wanted is None:
            return known[0] if len(known) == 1 else None
        if known and wanted not in known:
            what = f"the service runs on {wanted}, which `build.platforms` does not have"
            raise ConfigError(what, where=container.merged.where("platform"), fix=f"Add {wanted} to build.platforms.")
        return wanted


def built_images(containers: Iterable[Container]) -> dict[str, Container]:
    """Image -> the project's own service that has a `build` for it."""
    return {
        container.compose.image: container
        for container in containers
        if container.definition.kind in ("inline", "compose") and container.compose.image and container.compose.build
    }


def repository_part(name: str) -> str:
    """A name as part of an image repository, which has only small letters, digits and single separators."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def named_registries(file: ProjectFile, variables: Variables) -> tuple[ImageRegistry, ...]:
    """The registries of phlo.yaml. Raises ConfigError for a password that is written out."""
    found = []
    for prefix, config in file.config.registries.items():
        keys = ("registries", prefix)
        if config is None:
            found.append(ImageRegistry(prefix=prefix.strip("/")))
            continue
        if config.password and "$" not in config.password:
            raise ConfigError(
                "is written out, and would be in every copy of this file",
                where=file.document.where(*keys, "password"),
                fix="Write a variable, such as ${REGISTRY_PASSWORD}, and its value into .phlo/.env.local.",
            )
        given = {"username": config.username or "", "password": config.password or ""}
        texts = interpolate_all(given, variables.lookup(), where=file.document.where, unset=variables.unset, keys=keys)
        password = texts["password"]
        found.append(
            ImageRegistry(
                prefix=prefix.strip("/"),
                mirrors=config.mirrors,
                username=reveal(texts["username"]),
                password=password if isinstance(password, Secret) or not password else Secret(password),
            )
        )
    return tuple(found)
