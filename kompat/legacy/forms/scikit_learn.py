"""Models of Keras as estimators of scikit-learn, as ``keras.wrappers.scikit_learn`` had them."""

import copy
import inspect
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np


class BaseWrapper:
    """What both wrappers share.

    Args:
        build_fn: a function that returns a compiled model; None for a subclass with `__call__`.
        sk_params: arguments of that function, and of fit, predict and evaluate.
    """

    def __init__(self, build_fn: Any = None, **sk_params: Any):
        self.build_fn = build_fn
        self.sk_params = sk_params
        self.check_params(sk_params)

    def check_params(self, params: Mapping[str, Any]) -> None:
        """Raise ValueError for an argument which nothing takes."""
        takers = [keras.Model.fit, keras.Model.predict, keras.Model.evaluate, self._maker()]
        known = {name for taker in takers for name in inspect.signature(taker).parameters}
        for name in params:
            if name not in known | {"nb_epoch"}:
                raise ValueError(f"{name!r} is no argument of build_fn, fit, predict or evaluate.")

    def get_params(self, **params: Any) -> dict[str, Any]:
        """The arguments, as scikit-learn asks for them to make another wrapper."""
        return {**copy.copy(self.sk_params), "build_fn": self.build_fn}

    def set_params(self, **params: Any) -> "BaseWrapper":
        """Change arguments; returns the wrapper."""
        given = dict(params)
        self.build_fn = given.pop("build_fn", self.build_fn)
        self.check_params(given)
        self.sk_params.update(given)
        return self

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Make a model and train it; returns its history."""
        self.model = self._maker()(**self.filter_sk_params(self._maker()))
        loss = getattr(self.model.loss, "__name__", self.model.loss)
        if loss == "categorical_crossentropy" and np.ndim(y) != 2:
            y = keras.utils.to_categorical(y)
        chosen = {**self.filter_sk_params(keras.Model.fit), **kwargs}
        if "nb_epoch" in self.sk_params:
            chosen.setdefault("epochs", self.sk_params["nb_epoch"])
        return self.model.fit(x, y, **chosen)

    def filter_sk_params(
        self, fn: Any, override: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Those arguments that a function takes."""
        taken = inspect.signature(fn).parameters
        own = {name: value for name, value in self.sk_params.items() if name in taken}
        return {**own, **(override or {})}

    def _maker(self) -> Any:
        return self.build_fn if self.build_fn is not None else type(self).__call__.__get__(self)  # type: ignore[attr-defined]

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import Tags, TargetTags

        return Tags(estimator_type=self._estimator_type, target_tags=TargetTags(required=True))

    _estimator_type: str | None = None


class KerasClassifier(BaseWrapper):
    """A classifier."""

    _estimator_type = "classifier"

    def fit(self, x: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> Any:
        """Train on labels of any kind, or on rows of zeros and a one; returns the history.

        Raises:
            ValueError: `y` has neither one axis nor two.
        """
        y = np.array(y)
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
        elif y.ndim in (1, 2):
            self.classes_ = np.unique(y)
            y = np.searchsorted(self.classes_, y)
        else:
            raise ValueError(f"KerasClassifier expects y of one or two axes, received {y.shape}.")
        self.n_classes_ = len(self.classes_)
        if sample_weight is not None:
            kwargs["sample_weight"] = sample_weight
        return super().fit(x, y, **kwargs)

    def predict(self, x: Any, **kwargs: Any) -> np.ndarray:
        """The label of each row."""
        return self.classes_[_classes(self._predicted(x, kwargs))]

    def predict_proba(self, x: Any, **kwargs: Any) -> np.ndarray:
        """The probability of each label, (rows, labels)."""
        probabilities = self._predicted(x, kwargs)
        if probabilities.shape[1] == 1:
            return np.hstack([1 - probabilities, probabilities])
        return probabilities

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """The part of the rows that gets the right label."""
        y = np.array(y)
        labels = self.classes_[y.argmax(axis=1)] if y.ndim == 2 and y.shape[1] > 1 else y.ravel()
        return float(np.mean(self.predict(x, **kwargs).ravel() == labels))

    def _predicted(self, x: Any, kwargs: Mapping[str, Any]) -> np.ndarray:
        return self.model.predict(x, **self.filter_sk_params(keras.Model.predict, kwargs))


class KerasRegressor(BaseWrapper):
    """A regressor."""

    _estimator_type = "regressor"

    def predict(self, x: Any, **kwargs: Any) -> np.ndarray:
        """The value of each row."""
        chosen = self.filter_sk_params(keras.Model.predict, kwargs)
        return np.squeeze(self.model.predict(x, **chosen), axis=-1)

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """The loss with its sign turned, so that more is better."""
        chosen = self.filter_sk_params(keras.Model.evaluate, kwargs)
        loss = self.model.evaluate(x, y, **chosen)
        return -float(loss[0] if isinstance(loss, list) else loss)


def _classes(probabilities: np.ndarray) -> np.ndarray:
    if probabilities.shape[1] > 1:
        return probabilities.argmax(axis=1)
    return (probabilities[:, 0] > 0.5).astype(int)
