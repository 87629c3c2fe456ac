"""Images: whether one is there, and how it is had: pulled, or built without any container registry.

    present(source, host) -> ImageSeen | None      the existing image; reads only
    content_tag(recipe) -> str                     the tag a recipe's image has, made of all that goes into it
    inputs(recipe) -> paths                        the files that the tag depends on

What pulls and builds is in `phlo.images.obtain`; a run that changes nothing does not load it.
"""

from phlo.images.present import ImageSeen, present
from phlo.images.recipe import content_tag, inputs

__all__ = ["ImageSeen", "content_tag", "inputs", "present"]
