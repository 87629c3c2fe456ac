"""Create, update or replace a running container, and keep the previous one until the new one works.

A replacement is made beside the one that runs, then takes its name. The old one is kept, stopped, until the
service's gate says that the new one works; if it does not, the old one is restored.
"""

from __future__ import annotations

from phlo.operations.container.apply import apply
from phlo.operations.container.args import Args, NetworkAttachment, Seen
from phlo.operations.container.decide import decide
from phlo.operations.container.observe import observe

__all__ = ["Args", "NetworkAttachment", "Seen", "apply", "decide", "observe"]
