"""What is kept of each customer so that one more event, or one more day, needs no look at the log.

The way through, by module:

* `told` has the events as values; `parts` what is kept of each kind; `state.State` takes one event in.
* `columns.States` is many at once; `building.states_of` makes them from the log, `ageing.features_of` makes
  the features of any later day from them.

Both ways meet in one document of bytes: fixed numbers first, rows of recent days after them (`layout`).
"""
