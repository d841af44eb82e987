"""A synthetic JobHive: an embedded PostgreSQL with a data set."""
