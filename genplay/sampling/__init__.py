"""Samplers: one file each, on any model that offers what they need and on the true law."""
