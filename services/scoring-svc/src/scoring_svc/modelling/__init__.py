"""The numerics of scoring: facts and a moment in, scores out; no input or output, no clock, no framework.

The way through, by module:

* `facts.record` turns columns into `Facts`; `Facts.between` cuts out one customer.
* `model.learn` fits a `ScoringModel` as of a moment, with its backtest as `card`.
* `policy.Policy` says what core, at risk, loyal and lost mean.
* `scoring.rank` makes the percentile grids of everybody; `scoring.score` scores all or one with them;
  `scoring.foresee` gives the forecast alone; `Scores.as_previous` is what the next scoring wants to know.
* `report.score_of` is one customer's score in plain values, with reasons in English and Chinese.
* `review.weeks_to_review` tells when silence alone will change a level.

Models, policies and grids have `to_document` and `from_document` (plain JSON). Time is UTC, counted in whole
days and told in weeks; money is in the one unit of the facts.
"""
