"""What readers say is wrong in an article: their form, the editors' queue, and who decided what."""
