"""Updates of weights: whether they break what worked, which version is in use, and the way back."""
