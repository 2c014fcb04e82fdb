"""Cheap drawing: heat maps, points, contours, arrows and curves as small graphics objects, images as tiles."""
