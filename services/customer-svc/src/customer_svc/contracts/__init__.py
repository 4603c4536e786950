"""Contracts 合同 with customers: sales, service and confidentiality agreements, and their course."""
