"""Bringing data in from files: read (files, shapes, customs), understood (survey, names), checked and written (run)."""
