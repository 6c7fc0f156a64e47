"""What the writer of a comment may see and do, behind links that are secrets."""
