"""What kompat knows of Keras that Keras does not promise: everything that imports `keras.src`.

A file for each thing, behind functions with plain names, and `patches`, the table of what is
replaced in Keras. `tests/test_private_corners.py` says so when Keras changes one of them.
"""
