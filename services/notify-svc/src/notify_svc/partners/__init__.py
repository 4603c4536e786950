"""Partner firms, as webhooks must know them: who stands below whom, and what their keys still may."""
