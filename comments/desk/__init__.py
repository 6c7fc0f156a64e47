"""The moderation desk: what waits, why, and the buttons that decide."""
