"""Hand-eye calibration: where a camera is, from its images of a board and the arm's poses."""
