"""How alerts reach an Alertmanager: what is sent, over which connection, by whom, and what is done when it fails."""
