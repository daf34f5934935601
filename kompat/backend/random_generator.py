"""tf.keras's object that draws for a layer, on K's own draws."""

from typing import Any

import numpy as np

from kompat.backend import activations, random

__all__ = ["RandomGenerator"]

_TYPES = ("stateful", "stateless", "legacy_stateful")


class RandomGenerator:
    """Draws random tensors: a sequence that a seed names, or the same numbers each time.

    Args:
        seed: an integer; by default the draws follow NumPy's global generator.
        rng_type: "stateful" draws on, and so does "legacy_stateful"; "stateless", which needs a
            seed, draws the same each time.

    Raises:
        ValueError: `rng_type` is none of these, or "stateless" without a seed.

    Example:

    >>> one, other = K.RandomGenerator(7), K.RandomGenerator(7)
    >>> bool((K.eval(one.random_uniform((3,))) == K.eval(other.random_uniform((3,)))).all())
    True
    """

    RNG_STATEFUL, RNG_STATELESS, RNG_LEGACY_STATEFUL = _TYPES

    def __init__(self, seed: int | None = None, rng_type: str | None = None, **kwargs: Any):
        rng_type = rng_type or self.RNG_STATEFUL
        if rng_type not in _TYPES:
            raise ValueError(
                f"RandomGenerator: expected rng_type to be one of {_TYPES}, received {rng_type!r}."
            )
        if rng_type == self.RNG_STATELESS and seed is None:
            raise ValueError("RandomGenerator: rng_type='stateless' needs a seed, received None.")
        self._seed, self._rng_type, self._drawn = seed, rng_type, 0

    def _next_seed(self, nonce: int | None = None) -> int | None:
        if self._seed is None:
            return None
        if self._rng_type == self.RNG_STATELESS:
            entropy = [self._seed, nonce or 0]
        else:
            self._drawn += 1
            entropy = [self._seed, self._drawn]
        return int(np.random.SeedSequence(entropy).generate_state(1)[0] >> 1)

    def make_legacy_seed(self) -> int | None:
        """The seed that it was made with."""
        return self._seed

    def random_normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: str | None = None,
        nonce: int | None = None,
    ) -> Any:
        """`K.random_normal`; of a stateless generator another `nonce` draws other numbers."""
        return random.random_normal(shape, mean, stddev, dtype, self._next_seed(nonce))

    def random_uniform(
        self,
        shape: Any,
        minval: Any = 0.0,
        maxval: Any = None,
        dtype: str | None = None,
        nonce: int | None = None,
    ) -> Any:
        """`K.random_uniform`, to 1 by default; `nonce` as for `random_normal`."""
        most = 1.0 if maxval is None else maxval
        return random.random_uniform(shape, minval, most, dtype, self._next_seed(nonce))

    def truncated_normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: str | None = None,
        nonce: int | None = None,
    ) -> Any:
        """`K.truncated_normal`; `nonce` as for `random_normal`."""
        return random.truncated_normal(shape, mean, stddev, dtype, self._next_seed(nonce))

    def dropout(self, inputs: Any, rate: float, noise_shape: Any = None) -> Any:
        """`K.dropout`."""
        return activations.dropout(inputs, rate, noise_shape, self._next_seed())
