"""Commands that make everything under `data/`; nothing here is imported by readers."""
