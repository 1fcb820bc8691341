"""From depth images to ranked grasps, without arm, destination or simulator."""
