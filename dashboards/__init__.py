"""The Grafana dashboards as code: `make dashboards` writes json/, which is committed and is all that Grafana reads."""
