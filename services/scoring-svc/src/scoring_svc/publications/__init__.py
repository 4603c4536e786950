"""Publishing a policy: what was simulated becomes what is, record by record; and going back."""
