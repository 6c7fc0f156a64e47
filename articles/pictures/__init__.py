"""Pictures as pages show them: copies in several widths, and one for links on other sites."""
