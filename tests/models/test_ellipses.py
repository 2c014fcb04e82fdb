"""Ellipses lie at one Mahalanobis distance from the mean."""

from __future__ import annotations

import numpy as np
import torch

from genplay.models.ellipses import ellipse, ellipses


def test_every_point_is_at_the_same_distance() -> None:
    mean, covariance = np.array([0.3, -1.0]), np.array([[0.5, 0.3], [0.3, 0.4]])
    away = ellipse(mean, covariance, 2.0) - mean
    squares = np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance), away)
    np.testing.assert_allclose(squares, 4.0)


def test_each_gaussian_gets_two_ellipses_and_a_dot() -> None:
    lines = ellipses(torch.zeros(3, 2), torch.eye(2).expand(3, 2, 2), "class")
    assert [line.index for line in lines] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert [line.dots for line in lines[:3]] == [False, False, True]
