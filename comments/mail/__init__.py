"""Mail that leaves: who is owed one, what it says, and its way out."""
