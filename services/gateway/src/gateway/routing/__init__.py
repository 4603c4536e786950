"""The embedded edge: the one door in front of the services that live in the same process."""
