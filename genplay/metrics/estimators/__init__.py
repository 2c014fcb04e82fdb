"""Estimators of what is known exactly here, each with its error bars and its way towards the truth."""
