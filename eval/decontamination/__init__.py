"""Finds what a training set shares with the evaluation sets, and leaves it out.

Three methods, from the plainest to the one that sees most:

- ``exact``: a record's whole text is an evaluation text, white space aside;
- ``ngram``: runs of tokens in common (:mod:`eval.decontamination.ngrams`);
- ``ast``: a function in common up to names, literals, comments and layout
  (:mod:`eval.decontamination.clones`).

Only the evaluation side is held in memory. A rewritten solution (other statements, the same
idea) and a translation into another language are found by none of them.
"""
