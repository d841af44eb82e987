"""Reports for people: figures, a PDF, an e-mail (metrics.md section 6)."""
