"""The sections of a model's card, one idea a module; `builders.card` puts them together.

Every function takes what was recorded (training.json, evaluation.json, config.json) and gives Markdown in
Portuguese, for the readers of the course. No figure is typed by hand.
"""
