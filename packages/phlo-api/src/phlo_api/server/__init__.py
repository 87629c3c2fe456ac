"""The web API itself: routes, what they answer, and who may ask."""
