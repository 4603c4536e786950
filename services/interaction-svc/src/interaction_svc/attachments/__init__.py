"""Attachments 附件: files that belong to a customer, kept here, referred to by what passed with it."""
