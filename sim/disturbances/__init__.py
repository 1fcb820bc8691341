"""What goes wrong in a cell, injected by seed: physics only, never a change of the outcome."""
