"""Everything that makes weights: outcomes by the thousand, models, and cards of how they were made."""
