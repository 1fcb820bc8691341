"""Camera poses out of /tf and /tf_static."""

from __future__ import annotations

from typing import Any

from perception.errors import GeometryError
from perception.pose import Pose

TF_STATIC, TRANSFORMS = "/tf_static", "tf2_msgs/msg/TFMessage"
BASES = ("base", "base_link", "world", "map")  # whose frame poses are told in, the first that there is
DEEPEST, MOST = 64, 10000  # frames from a camera to its root, and of a recording


class Transforms:
    """A tree of frames: each one's newest pose in its parent."""

    def __init__(self) -> None:
        self.parents: dict[str, tuple[str, Pose]] = {}

    def add(self, message: Any) -> int:
        """Take a TFMessage; how many of its transforms are none."""
        wrong = 0
        for stamped in message.transforms:
            t, q = stamped.transform.translation, stamped.transform.rotation
            child, parent = (str(name).lstrip("/") for name in (stamped.child_frame_id, stamped.header.frame_id))
            try:
                pose = Pose.from_quaternion((t.x, t.y, t.z), (q.x, q.y, q.z, q.w))
            except (GeometryError, ValueError):
                wrong += 1
                continue
            if len(self.parents) < MOST or child in self.parents:
                self.parents[child] = parent, pose
        return wrong

    def poses(self, frames: tuple[str, ...]) -> dict[str, Pose]:
        """T_base_frame of those frames that hang together with a base: one of BASES, else a root that several share."""
        chains = {frame: self._chain(frame.lstrip("/")) for frame in frames}
        known = [base for base in BASES if any(base in chain for chain in chains.values())]
        roots = [next(reversed(chain)) for chain in chains.values() if len(chain) > 1]
        shared = [root for root in roots if roots.count(root) > 1]
        base = next(iter([*known, *shared]), None)
        return {frame: chain[base] for frame, chain in chains.items() if base in chain} if base else {}

    def _chain(self, frame: str) -> dict[str, Pose]:
        """T_ancestor_frame of a frame's ancestors, itself first."""
        T, chain = Pose.identity(), {frame: Pose.identity()}
        while frame in self.parents and len(chain) < DEEPEST:
            frame, pose = self.parents[frame]
            if frame in chain:
                break
            T = pose @ T
            chain[frame] = T
        return chain
