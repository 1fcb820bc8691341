"""`handpick calibrate`: where a camera is, from images of a board and the arm's poses."""

from __future__ import annotations

import argparse


def run(options: argparse.Namespace) -> int:
    """Print what remains in each look and in all, and write the camera's pose."""
    from handpick.calibration.calibrate import calibrate
    from handpick.calibration.entry import write_entry
    from handpick.calibration.refine import Residual

    def line(name: str, residual: Residual) -> str:
        return f"  {name:24s}{residual.millimetres:9.3f}{residual.degrees:9.3f}{residual.pixels:9.3f}"

    found = calibrate(options.folder)
    print(f"  {'look':24s}{'mm':>9s}{'degrees':>9s}{'pixels':>9s}")
    for name, residual in found.looks.items():
        print(line(name, residual))
    print(line("all (rms)", found.total))
    for name in found.blind:
        print(f"  {name}: left out, the board is not seen")
    print("\n  before refinement, pixels: " + ", ".join(f"{name} {off:.3f}" for name, off in found.methods.items()))
    x, y, z = found.fit.X.position
    turn = ", ".join(f"{value:.6f}" for value in found.fit.X.quaternion)
    print(f"  {found.frame}: position ({x:.5f}, {y:.5f}, {z:.5f}) m, quaternion xyzw ({turn})")
    print(f"\n  {write_entry(found, options.out or options.folder / 'calibration.json')}")
    return 0
