"""Does the real bot process get on with a Bot API server that forgives nothing?"""
