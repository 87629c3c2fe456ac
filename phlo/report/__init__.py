"""Renderings of what happens: events, plans, services and errors as text or JSON."""
