"""Runs of playbooks: one customer's way through the steps of one version, visible and stoppable."""
