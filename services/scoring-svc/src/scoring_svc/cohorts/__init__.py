"""Cohorts 客户留存: of those who first bought in a month or quarter, how many came back later."""
