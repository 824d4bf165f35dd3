"""One file a filter: a step between a model's answer and what is shown. A new one is found by
being here."""
