"""Where a service's image comes from."""

from __future__ import annotations

import re

from phlo.config.containers import Container
from phlo.config.layers import Variables
from phlo.config.project_file import ProjectFile
from phlo.errors import ConfigError
from phlo.frozen import dataclass
from phlo.values import BuildRecipe, ImagePolicy, ImageSource, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Decides for each service. policy: the project's."""

    project: str
    file: ProjectFile
    variables: Variables
    policy: ImagePolicy

    def of(self, container: Container) -> ImageSource:
        """Raises ConfigError when the service's own `image_source` cannot be followed."""
        compose = container.compose
        is_users_image = container.is_users("image")
        is_users_build = container.is_users("build") and container.is_users("build", "context")
        # An image that phlo.yaml names is not built from the role's recipe, nor the other way round.
        reference = None if is_users_build and not is_users_image else compose.image
        recipe = None if is_users_image and not is_users_build else self._recipe(container)
        return ImageSource(
            reference=reference,
            recipe=recipe,
            policy=self._policy(container, reference, recipe),
            platform=compose.platform,
            pull_policy=compose.pull_policy,
        )

    def _policy(self, container: Container, reference: str | None, recipe: BuildRecipe | None) -> ImagePolicy:
        name = container.definition.name
        override = self.file.config.services.overrides().get(name)
        wanted = override.image_source if override else None
        where = self.file.document.where("services", name, "image_source")
        if wanted == "build" and recipe is None:
            raise ConfigError(f'there is nothing to build "{name}" from', where=where, fix="Write build, or pull.")
        if wanted == "pull" and reference is None:
            raise ConfigError(f'there is no image of "{name}" to pull', where=where, fix="Write image, or build.")
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
        called = (container.image_name if is_ours else None) or definition.name
        return BuildRecipe(
            name=f"{owner}/{repository_part(called)}:{re.sub(r'[^A-Za-z0-9_.-]', '-', version)}",
            context=build.context,
            dockerfile=build.dockerfile,
            args=args,
            target=build.target,
            base=container.base_suite,
        )


def repository_part(name: str) -> str:
    """A name as part of an image repository, which has only small letters, digits and single separators."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
