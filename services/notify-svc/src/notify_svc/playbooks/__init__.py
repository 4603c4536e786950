"""Playbooks 生命周期策略: what is done for customers who begin, rise, leave or complain."""
