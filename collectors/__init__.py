"""One collector per module; the file name is the config key and the value of the label `collector`."""
