"""What becomes of an article: reviewed, shown, moved, corrected, withdrawn."""
