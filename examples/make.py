"""Make the examples anew, from seeds: `python examples/make.py`. Rendered scenes with the noise of a stereo camera.

table: one camera without a known pose. tote: four calibrated cameras. moving: one camera on its way over a table.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from benchmarks.shapes import make_bin  # noqa: E402
from perception.depth_image import DepthImage  # noqa: E402
from perception.pose import Array, Pose  # noqa: E402
from sim.suites import SUITES  # noqa: E402
from sim.table_scenes import grained  # noqa: E402
from sim.tables import camera_at, draw_specs, packed, table  # noqa: E402

Json = dict[str, object]
LOOKS = 8


def main() -> None:
    for name in ("table", "tote", "moving"):
        shutil.rmtree(HERE / name, ignore_errors=True)
        (HERE / name).mkdir()
    make_table()
    make_tote()
    make_moving()
    size = sum(path.stat().st_size for path in HERE.rglob("*") if path.is_file())
    print(f"{size / 1e6:.1f} MB in {HERE}")


def make_table() -> None:
    rng = np.random.default_rng(3)
    with table(grained(rng)) as made:
        packed(made, draw_specs(dict(SUITES["mixed"]), 6, rng, graspable=False), rng, 0.45)
        image = made.photo(camera_at(np.array((0.1, -0.5, 0.65)), np.array((0, 0, 0.03)), 620.0), rng)
    write("table", {"cameras": [written("table", image, None)]})


def make_tote() -> None:
    cameras = []
    for frame in make_bin("mixed", 104).frames[:4]:
        pose = frame.camera.T_base_camera
        image = DepthImage(frame.depth, frame.camera.k, color=frame.color, name=frame.camera.name)
        cameras.append(written("tote", image, pose))
    write("tote", {"cameras": cameras})


def make_moving() -> None:
    rng = np.random.default_rng(11)
    frames = []
    with table(grained(rng)) as made:
        packed(made, draw_specs(dict(SUITES["mixed"]), 5, rng, graspable=False), rng, 0.40)
        for look in range(LOOKS):
            around = 0.3 + 0.05 * look
            eye = 0.7 * np.array((0.55 * np.cos(around), 0.55 * np.sin(around), 0.83))
            camera = camera_at(eye, np.array((0, 0, 0.03)), 300.0, (320, 240))
            image = made.photo(camera, rng)
            frames.append({"stamp": look / 10, "cameras": [written("moving", image, camera.T_base_camera, look)]})
    write("moving", {"frames": frames})


def written(folder: str, image: DepthImage, pose: Pose | None, look: int = 0) -> Json:
    """Write one camera's images, depth in millimetres; what cameras.json says of them."""
    stem = f"{look:02d}-{image.name}"
    depth = np.round(1e3 * np.nan_to_num(image.metres)).astype(np.uint16)
    cv2.imwrite(str(HERE / folder / f"{stem}-depth.png"), depth, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    assert image.color is not None
    cv2.imwrite(str(HERE / folder / f"{stem}-color.jpg"), image.color[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    return {
        "name": image.name,
        "width": depth.shape[1],
        "height": depth.shape[0],
        "K": rounded(image.k.ravel(), 3),
        "D": [],
        "T_base_camera": None if pose is None else rounded(pose.matrix, 6),
        "depth": f"{stem}-depth.png",
        "color": f"{stem}-color.jpg",
        "depth_unit": 0.001,
    }


def rounded(values: Array, digits: int) -> object:
    return np.round(values, digits).tolist()


def write(folder: str, data: Json) -> None:
    (HERE / folder / "cameras.json").write_text(json.dumps(data, indent=1) + "\n")


if __name__ == "__main__":
    main()
