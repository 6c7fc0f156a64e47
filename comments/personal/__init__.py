"""Personal data: what there is, who may have it, and when it goes."""
