"""Making the tables that the services ship from the packages they come from."""
