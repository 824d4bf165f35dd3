"""The regression gate: small fixed subsets, run anew and compared with what is recorded.

``subsets.toml`` says which; ``recorded/`` holds their scores at the last release, by record
and without any text of a benchmark. A subset fails when its main metric is worse with the
whole interval of the paired difference below zero: then the change made it so, not the draw.
Of thirty records that are right or wrong, three that became wrong and none that became right
still pass, four do not.
"""
