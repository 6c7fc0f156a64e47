"""Who may come in: passwords, second factor, sessions. Knows nothing of articles or comments."""
