"""The status page: how everything stands, for a browser and for a terminal."""
