"""What goes wrong in training, recognised and named: one rule a condition, what shows it happening, and what mends it."""
