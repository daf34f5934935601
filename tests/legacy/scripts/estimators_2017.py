"""A model of Keras among scikit-learn's estimators, as tutorials had it."""

import numpy
from keras.layers import Dense
from keras.models import Sequential
from keras.wrappers.scikit_learn import KerasClassifier, KerasRegressor
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

numpy.random.seed(7)
X, y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)


def classifier(units=8):
    model = Sequential()
    model.add(Dense(units, input_dim=4, activation="relu"))
    model.add(Dense(3, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adagrad", metrics=["accuracy"])
    return model


def regressor():
    model = Sequential([Dense(1, input_dim=3, kernel_initializer="normal")])
    model.compile(loss="mean_squared_error", optimizer="sgd")
    return model


estimator = KerasClassifier(build_fn=classifier, epochs=40, batch_size=8, verbose=0)
grid = GridSearchCV(estimator, {"units": [8]}, cv=KFold(2, shuffle=True, random_state=1))
found = grid.fit(X, y)
print(found.best_params_, found.best_score_ > 0.6)
print(found.predict(X[:3]).shape, found.predict_proba(X[:3]).shape)
values = cross_val_score(
    KerasRegressor(build_fn=regressor, epochs=10, verbose=0), X[:, :3], X[:, 3], cv=2
)
print(values.shape, bool((values < 0).all()))
