"""The benchmark: every row of the budgets, timed beside its baseline and its peers.

python -m bench           the budgets; exits with 1 when one is missed
python -m bench --facts   what is safe where: the table of the README
"""
