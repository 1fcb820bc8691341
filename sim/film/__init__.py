"""Films of the simulated cell, from wherever it looks best."""
