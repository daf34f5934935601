"""The graphs of K: what Keras's symbolic tensors say about how they are computed, and computing it.

`history` reads Keras's nodes, `phase` is the learning phase, `state` the values of variables
during a run, `operations` the nodes that K adds, `evaluation` computes tensors, and `program`
makes pure, compiled functions of it.
"""
