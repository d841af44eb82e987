"""Clients of the sources: the only place where the daemon talks to the outside."""
