"""Search: what was asked for, the engines that find it, the index they read, and the page."""
